using Dure.Kernel;
using Dure.Loop;

namespace Dure.Lab.Instruments;

/// <summary>How to reach an instrument and what it may be asked to do, as whoever answers for it has written it down.</summary>
public sealed record InstrumentCard
{
    /// <summary>As protocols name it: letters, digits, dashes, underscores.</summary>
    public required string Name { get; init; }

    public required InstrumentLink Link { get; init; }

    /// <summary>How long the device may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether somebody must be there while it works; <see cref="Safety.Watch"/>.</summary>
    public bool IsAttended { get; init; }

    /// <summary>The device makes itself safe when it has not heard from the node for so long; null: it knows no such thing.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>Steps that it makes at once.</summary>
    public int Capacity { get; init; } = 1;

    /// <summary>When it gets no work.</summary>
    public IReadOnlyList<TimeRange> Maintenance { get; init; } = [];

    /// <summary>Who answers for the limits.</summary>
    public required string AllowedBy { get; init; }

    /// <summary>What it may be asked to do, within which limits. What is not named is refused.</summary>
    public required IReadOnlyList<AllowedAction> Actions { get; init; }

    /// <summary>As the gate's decisions name it.</summary>
    public AssetId Asset => AssetId.Parse(AssetPrefix + Name);

    internal const string AssetPrefix = "lab/";

    /// <summary>The instrument's name in the asset of a decision, or null.</summary>
    public static string? NameIn(string asset) => asset.StartsWith(AssetPrefix, StringComparison.Ordinal) ? asset[AssetPrefix.Length..] : null;
}

/// <summary>What an instrument speaks, and where.</summary>
public abstract record InstrumentLink
{
    private InstrumentLink() { }

    /// <summary>JSON over HTTP by our contract; OPC UA servers through the gateway, too.</summary>
    /// <param name="TokenFile">The name of a file with the bearer token that the door asks for, in the folder <c>lab/keys/tokens</c> of the node; null: none.</param>
    public sealed record Http(Uri Address, string? TokenFile) : InstrumentLink;

    /// <summary>A SiLA 2 server.</summary>
    public sealed record Sila(Uri Address, string Feature) : InstrumentLink;

    /// <summary>SCPI over TCP.</summary>
    public sealed record Scpi(string Host, int Port, Devices.Scpi.ScpiProfile Profile) : InstrumentLink;

    /// <summary>A robot with the Opentrons interface.</summary>
    public sealed record Opentrons(Uri Address, IReadOnlyList<Devices.Opentrons.OpentronsProtocol> Protocols) : InstrumentLink;

    /// <summary>Nothing real: a part of the virtual laboratory.</summary>
    /// <param name="Pace">How many times faster than the real thing.</param>
    public sealed record Virtual(string Model, double Pace) : InstrumentLink;

    public bool IsVirtual => this is Virtual;
}
