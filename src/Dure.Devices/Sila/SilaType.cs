namespace Dure.Devices.Sila;

/// <summary>SiLA 2's basic data types.</summary>
public enum SilaBasic
{
    String,
    Integer,
    Real,
    Boolean,
    Binary,
    Date,
    Time,
    Timestamp,
    Any,
}

/// <summary>A data type as a feature definition states it.</summary>
public abstract record SilaType
{
    private SilaType() { }

    public sealed record Basic(SilaBasic Kind) : SilaType;

    public sealed record List(SilaType Item) : SilaType;

    /// <summary>The elements' field numbers are their places, from 1.</summary>
    public sealed record Structure(IReadOnlyList<SilaElement> Elements) : SilaType;

    public sealed record Constrained(SilaType Inner, SilaConstraints Constraints) : SilaType;

    /// <summary>A type that the feature defines under a name; on the wire it is a message with the value as field 1.</summary>
    public sealed record Defined(string Name) : SilaType;
}

/// <summary>A named part: a parameter, a response, an element of a structure, a property.</summary>
public sealed record SilaElement(string Identifier, string DisplayName, string Description, SilaType Type);

/// <summary>What a constrained type allows; null or empty means that nothing is said.</summary>
public sealed record SilaConstraints
{
    public double? Minimum { get; init; }
    public bool IsMinimumExcluded { get; init; }
    public double? Maximum { get; init; }
    public bool IsMaximumExcluded { get; init; }
    public long? MinimumLength { get; init; }
    public long? MaximumLength { get; init; }
    public long? MinimumCount { get; init; }
    public long? MaximumCount { get; init; }
    public string? Pattern { get; init; }

    /// <summary>The only values allowed, as text.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>The unit's label; its relation to SI is x_SI = x · <see cref="UnitFactor"/> + <see cref="UnitOffset"/>.</summary>
    public string? Unit { get; init; }
    public double UnitFactor { get; init; } = 1;
    public double UnitOffset { get; init; }

    /// <summary>Constraints that were read and are not checked here: content type, schema, kind of identifier, allowed types.</summary>
    public IReadOnlyList<string> Unchecked { get; init; } = [];
}
