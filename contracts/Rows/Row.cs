namespace NetAgent.Contracts;

/// <summary>One piece of kernel state that a plugin wants: a key that names the kernel object and the value it shall have.</summary>
/// <typeparam name="TKey">What identifies the kernel object.</typeparam>
public interface IRow<out TKey>
    where TKey : notnull
{
    /// <summary>Identity: two rows with equal keys are the same kernel object.</summary>
    TKey Key { get; }
}
