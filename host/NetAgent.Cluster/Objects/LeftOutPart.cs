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

    /// <summary>All of spec.externalIPs.</summary>
    ExternalIPs,

    /// <summary>The clusterIP of the second family.</summary>
    SecondClusterIP,

    SessionAffinity,

    /// <summary>How long an affinity lasts; the API server's default takes its place.</summary>
    AffinityTimeout,

    HealthCheckNodePort,
    Label,

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
        ObjectPart.SecondClusterIP => "address",
        ObjectPart.ExternalIPs => "list",
        ObjectPart.Label => "label",
        ObjectPart.Field or ObjectPart.SessionAffinity or ObjectPart.AffinityTimeout => "field",
        _ => "port",
    };

    /// <summary>Without the part the object asks for fewer rows, so that some of those that are there may be the part's.</summary>
    public bool CostsRows => Part is not (ObjectPart.SessionAffinity or ObjectPart.AffinityTimeout or ObjectPart.HealthCheckNodePort or ObjectPart.Label);

    /// <summary>Reads what the reader's key has; as if it were not there, when it is bad.</summary>
    public static void ReadField(ref Utf8JsonReader reader, ObjectPart part, List<LeftOutPart> leftOut, ItemReader read)
    {
        var key = reader;
        try
        {
            read(ref reader);
        }
        catch (BadFieldException fault)
        {
            leftOut.Add(new(part, fault));
            reader = key;
            Json.Skip(ref reader);
        }
    }

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
