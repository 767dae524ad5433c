namespace NetAgent.Plugins.MasqAgent.Nat;

/// <summary>Whether something holds, where part of what it depends on is not known.</summary>
internal enum Tristate : byte
{
    /// <summary>It does not.</summary>
    No,

    /// <summary>It may: an outgoing interface, a set or a port decides.</summary>
    Maybe,

    /// <summary>It does.</summary>
    Yes,
}

/// <summary>Logic with three values.</summary>
internal static class TristateLogic
{
    public static Tristate And(this Tristate left, Tristate right) => left < right ? left : right;

    public static Tristate Or(this Tristate left, Tristate right) => left > right ? left : right;

    public static Tristate Not(this Tristate value) => (Tristate)((byte)Tristate.Yes - (byte)value);

    public static Tristate ToTristate(this bool? value) =>
        value switch { true => Tristate.Yes, false => Tristate.No, null => Tristate.Maybe };
}
