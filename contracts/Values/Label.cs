namespace NetAgent.Contracts;

/// <summary>A Kubernetes label or annotation.</summary>
/// <param name="Key">Its key, as in <c>topology.kubernetes.io/zone</c>.</param>
/// <param name="Value">Its value, perhaps empty.</param>
public readonly record struct Label(string Key, string Value);

/// <summary>Look-ups in short lists of labels.</summary>
public static class Labels
{
    /// <summary>The value of the first label with this key, or null.</summary>
    public static string? Find(this EquatableArray<Label> labels, string key)
    {
        foreach (var label in labels)
        {
            if (label.Key == key)
            {
                return label.Value;
            }
        }
        return null;
    }
}
