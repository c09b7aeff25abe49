using System.Text.Json;
using System.Text.Json.Serialization;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Conformance;

/// <summary>
/// What a node does when a compatibility kit drives it: which datasets and agreements there are, and the action to take on entering each
/// state. The n-th entry into a state takes the n-th action of its list; beyond the list nothing happens.
/// </summary>
public sealed record ExchangeScript
{
    private const int MaxBytes = 1 << 20;
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>The header that stands in for a token, in both directions.</summary>
    public required string Authorization { get; init; }

    public IReadOnlyDictionary<string, ScriptedDataset> Datasets { get; init; } = new Dictionary<string, ScriptedDataset>();

    public IReadOnlyDictionary<string, ScriptedAgreement> Agreements { get; init; } = new Dictionary<string, ScriptedAgreement>();

    /// <exception cref="ProblemException">The file is not there or is no script; names what is wrong.</exception>
    public static ExchangeScript Read(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaxBytes)
                throw new ProblemException("urn:dure:exchange:bad-script", $"The file has more than {MaxBytes} bytes.", file, "Give a script of a compatibility kit.");
            return JsonSerializer.Deserialize<ExchangeScript>(File.ReadAllBytes(file), Options) ?? throw new JsonException("The file holds null.");
        }
        catch (Exception cause) when (cause is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("urn:dure:exchange:bad-script", cause.Message, file, "Write {\"authorization\", \"datasets\", \"agreements\"} as docs/share.md describes.", cause);
        }
    }
}

/// <param name="Offer">The id of its offer.</param>
/// <param name="Reactions">Actions by state, for example <c>REQUESTED: [agree]</c>.</param>
public sealed record ScriptedDataset(string Offer, IReadOnlyDictionary<string, IReadOnlyList<string>>? Reactions = null);

/// <param name="Dataset">The dataset that is agreed on.</param>
/// <param name="Reactions">Actions by state of the transfer.</param>
public sealed record ScriptedAgreement(string Dataset, IReadOnlyDictionary<string, IReadOnlyList<string>>? Reactions = null);

/// <summary>The actions a script may name, and the message each of them is.</summary>
internal static class ScriptedAction
{
    public static MessageKind Parse(string action, ProcessKind kind) => (kind, action) switch
    {
        (ProcessKind.Negotiation, "offer") => MessageKind.ContractOffer,
        (ProcessKind.Negotiation, "counter") => MessageKind.ContractRequest,
        (ProcessKind.Negotiation, "accept") => MessageKind.ContractAcceptance,
        (ProcessKind.Negotiation, "agree") => MessageKind.ContractAgreement,
        (ProcessKind.Negotiation, "verify") => MessageKind.ContractVerification,
        (ProcessKind.Negotiation, "finalize") => MessageKind.ContractFinalization,
        (ProcessKind.Negotiation, "terminate") => MessageKind.ContractTermination,
        (ProcessKind.Transfer, "start") => MessageKind.TransferStart,
        (ProcessKind.Transfer, "complete") => MessageKind.TransferCompletion,
        (ProcessKind.Transfer, "suspend") => MessageKind.TransferSuspension,
        (ProcessKind.Transfer, "terminate") => MessageKind.TransferTermination,
        _ => throw new ProblemException("urn:dure:exchange:bad-script", $"'{action}' is not an action of a {kind.ToString().ToLowerInvariant()}.", "script", "Use offer, counter, accept, agree, verify, finalize, terminate; or start, complete, suspend, terminate."),
    };
}
