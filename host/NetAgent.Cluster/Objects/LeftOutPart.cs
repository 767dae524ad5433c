using System.Text.Json;

namespace NetAgent.Cluster.Objects;

/// <summary>Parts of an object that can be left out when they are bad, because nothing opens without them.</summary>
internal enum ObjectPart
{
    Endpoint,
    EndpointPort,
    ServicePort,
    ExternalIP,
    Ingress,

    /// <summary>A field of the whole object.</summary>
    Field,
}

/// <summary>A part that could not be read.</summary>
internal readonly record struct LeftOutPart(ObjectPart Part, BadFieldException Fault)
{
    public delegate void ItemReader(ref Utf8JsonReader reader);

    public string Name => Part switch
    {
        ObjectPart.Endpoint => "endpoint",
        ObjectPart.ExternalIP or ObjectPart.Ingress => "address",
        ObjectPart.Field => "field",
        _ => "port",
    };

    /// <summary>Reads the list that the reader's key has, item by item; a bad one goes to <paramref name="leftOut"/>.</summary>
    public static void ReadItems(ref Utf8JsonReader reader, ObjectPart part, List<LeftOutPart> leftOut, ItemReader read)
    {
        for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
        {
            var item = reader;
            try
            {
                read(ref reader);
            }
            catch (BadFieldException fault)
            {
                leftOut.Add(new(part, fault));
                reader = item;
                reader.Skip();
            }
        }
    }
}
