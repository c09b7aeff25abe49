namespace Dure.Devices.Sila;

/// <summary>A value of one of SiLA 2's data types.</summary>
public abstract record SilaValue
{
    private SilaValue() { }

    public sealed record Text(string Value) : SilaValue;

    public sealed record Integer(long Value) : SilaValue;

    public sealed record Real(double Value) : SilaValue;

    public sealed record Flag(bool Value) : SilaValue;

    /// <summary>Bytes in the message itself (SiLA allows up to 2 MiB there; larger ones by binary transfer are not supported).</summary>
    public sealed record Binary(ReadOnlyMemory<byte> Value) : SilaValue;

    public sealed record Date(DateOnly Value, TimeSpan Zone) : SilaValue;

    public sealed record Time(TimeOnly Value, TimeSpan Zone) : SilaValue;

    public sealed record Timestamp(DateTimeOffset Value) : SilaValue;

    /// <summary>A value that carries its own type: the type as XML, the value in its wire form.</summary>
    public sealed record Any(string TypeXml, ReadOnlyMemory<byte> Payload) : SilaValue;

    public sealed record List(IReadOnlyList<SilaValue> Items) : SilaValue;

    /// <summary>Named values: a structure, a command's parameters or its responses.</summary>
    public sealed record Structure(IReadOnlyDictionary<string, SilaValue> Elements) : SilaValue
    {
        public static Structure Empty { get; } = new(new Dictionary<string, SilaValue>());

        public SilaValue this[string element] => Elements[element];
    }

    public static Structure Of(params ReadOnlySpan<(string Name, SilaValue Value)> elements)
    {
        var named = new Dictionary<string, SilaValue>(elements.Length, StringComparer.Ordinal);
        foreach (var (name, value) in elements)
            named.Add(name, value);
        return new Structure(named);
    }
}
