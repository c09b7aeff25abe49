using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Exchange.Identity;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Web.Language;
using Dure.Web.Parts;

namespace Dure.Web;

/// <summary>Partners, rules and states of exchanges in the reader's words.</summary>
internal static class SharingWords
{
    /// <summary>What a partner is called here; its identifier where nobody gave it a name.</summary>
    public static string NameOf(ExchangeIdentity identity, string did) =>
        Did.TryParse(did, out var parsed) && identity.Partners.Find(parsed) is { } partner ? partner.Name : did;

    /// <summary>Rules as sentences; null when they are not what this node can read.</summary>
    public static IReadOnlyList<string>? Rules(JsonObject rules, Wording words)
    {
        try
        {
            return PolicyWords.Describe(PolicyJson.Read(rules), words.Code);
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    /// <summary>How an exchange stands, in a word and a shape.</summary>
    public static (Status Kind, string Text) Standing(ExchangeProcess process, Fetch? fetch, Wording words) => process switch
    {
        { NeedsDecision: true } => (Status.Watch, words["sharing.waits-for-you"]),
        { Kind: ProcessKind.Transfer, Role: Role.Consumer } when fetch?.State == FetchState.Landed => (Status.Good, words["sharing.landed"]),
        _ when fetch?.State == FetchState.Failed => (Status.Alarm, words["sharing.failed"]),
        { State: ProcessState.Finalized or ProcessState.Completed or ProcessState.Started } => (Status.Good, words.Name("sharing.state", process.State.ToString())),
        { State: ProcessState.Suspended } => (Status.Watch, words.Name("sharing.state", process.State.ToString())),
        { State: ProcessState.Terminated } => (Status.Alarm, words.Name("sharing.state", process.State.ToString())),
        _ => (Status.Unknown, words.Name("sharing.state", process.State.ToString())),
    };
}
