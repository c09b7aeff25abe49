using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>A value that a source offers, by the source's own name (a topic, a register, a node id), and what the source says of it.</summary>
/// <param name="Unit">The unit as the source writes it; null when it says none.</param>
/// <param name="Low">Lower end of the engineering range, in <paramref name="Unit"/>.</param>
/// <param name="High">Upper end of the engineering range, in <paramref name="Unit"/>.</param>
public sealed record SourceItem(string Name, string? Unit = null, string? Description = null, double? Low = null, double? High = null);

/// <summary>How a source is doing.</summary>
public enum SourceState
{
    Starting,
    Connected,

    /// <summary>Not connected now; it tries again by itself.</summary>
    Retrying,

    /// <summary>It cannot go on until a person mends what is said.</summary>
    Failed,
    Stopped,
}

/// <summary>
/// Where a running source hands in what it reads. Blocks are named by the source's own names; the desk maps them to signals and units, and
/// keeps back what nobody has accepted yet.
/// </summary>
public interface ISourceDesk
{
    /// <summary>True while a source is only tried: then it moves, writes and changes nothing where it reads.</summary>
    bool IsTrial => false;

    /// <summary>Tells of values the source offers, before or while their samples come.</summary>
    void Announce(IReadOnlyList<SourceItem> items);

    /// <summary>Hands in samples; on return those that are mapped are durable. A source that waits here holds its own sender back.</summary>
    ValueTask<BatchReceipt> Deliver(SampleBatch batch, CancellationToken cancel);

    /// <summary>Tells how the source is doing; the problem says what is wrong in words.</summary>
    void Report(SourceState state, Problem? problem = null);
}

/// <summary>A door that reads by itself: it connects, reads, and connects again after a loss, until it is cancelled.</summary>
public interface ISource
{
    /// <summary>Runs until cancelled. Losses of connection are told by <see cref="ISourceDesk.Report"/> and retried, not thrown.</summary>
    /// <exception cref="ProblemException">The settings cannot work; a person must mend them.</exception>
    Task Run(ISourceDesk desk, CancellationToken cancel);
}

/// <summary>What a setting holds: decides the form's field and the check.</summary>
public enum SettingType
{
    Text,
    Number,
    Flag,

    /// <summary>Kept out of the journal, logs and answers.</summary>
    Secret,

    /// <summary>Several lines of text, such as a list of registers.</summary>
    Lines,
}

/// <summary>A setting of a kind of source: what the guided form asks for.</summary>
/// <param name="Name">The key in the settings object, camelCase.</param>
/// <param name="Label">A short English label.</param>
/// <param name="Help">One sentence and an example.</param>
/// <param name="Default">What an empty field means; null when there is none.</param>
public sealed record SourceSetting(string Name, string Label, SettingType Type, string Help, bool IsRequired = false, string? Default = null)
{
    /// <summary>Whether it says which host is connected to, or how that host is trusted: a secret given for one is not sent to another.</summary>
    public bool SaysWhere => Name is "url" or "host" or "port" or "endpoint" || Name.StartsWith("tls", StringComparison.Ordinal) || Name.StartsWith("trust", StringComparison.Ordinal);
}

/// <summary>A kind of source the node can run, such as <c>modbus</c> or <c>mqtt</c>.</summary>
public interface ISourceKind
{
    /// <summary>The kind's name in settings and commands: lower case.</summary>
    string Name { get; }

    /// <summary>What it reads, in one line.</summary>
    string Title { get; }

    IReadOnlyList<SourceSetting> Settings { get; }

    /// <summary>
    /// True where the sender keeps what is not taken, such as files in a folder: then the desk refuses samples of items that nobody has
    /// accepted yet, by a <see cref="ProblemException"/>, and the source offers them again later.
    /// </summary>
    bool KeepsUntilAccepted => false;

    /// <summary>Makes a source from settings.</summary>
    /// <exception cref="ProblemException">A setting is missing or does not work; it names the setting and what is allowed.</exception>
    ISource Create(JsonObject settings, TimeProvider time);
}
