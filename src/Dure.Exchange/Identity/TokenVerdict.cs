using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity;

/// <summary>Why a token was not taken. For the log and the partner's page; the sender is told "unauthorised" and no more.</summary>
public enum TokenRefusal
{
    Missing,
    Malformed,
    WrongAudience,
    NotSelfIssued,
    Expired,
    NotYetValid,
    LivesTooLong,
    NoNumber,
    Blocked,
    Stranger,
    NoDocument,
    UnknownKey,
    KeyNotPinned,
    BadSignature,
    UsedBefore,
    Busy,
}

/// <summary>What a caller's token says after it was checked.</summary>
public abstract record TokenVerdict
{
    private TokenVerdict()
    {
    }

    /// <summary>The caller is who it says.</summary>
    /// <param name="Caller">Who calls.</param>
    /// <param name="Claims">All members of the token.</param>
    /// <param name="Credentials">The credentials it carries, unchecked.</param>
    /// <param name="Key">The fingerprint of the key that signed.</param>
    public sealed record Accepted(Did Caller, JsonObject Claims, IReadOnlyList<string> Credentials, string Key) : TokenVerdict
    {
        /// <summary>What this node shows when it asks the caller's credential service.</summary>
        public string? AccessToken => Claims.Text("token");
    }

    /// <summary>The token was not taken.</summary>
    /// <param name="Reason">In words for the operator; never sent to the caller.</param>
    /// <param name="Claimed">Who it said it was from, when that could be read; not to be trusted.</param>
    public sealed record Refused(TokenRefusal Code, string Reason, Did? Claimed) : TokenVerdict;
}

/// <summary>How a participant stands with this node.</summary>
/// <param name="PinnedKeys">Fingerprints learned from an invitation; only these keys and those they vouch for are taken. Empty: any key of the document.</param>
public sealed record Standing(bool IsBlocked, IReadOnlySet<string> PinnedKeys);

/// <summary>Knows the participants that this node's people introduced.</summary>
public interface IKnownParticipants
{
    /// <summary>How a participant stands; null for a stranger.</summary>
    Standing? Of(Did did);

    /// <summary>Takes note that a pinned key vouched for another one.</summary>
    ValueTask Follow(Did did, string keyId, CancellationToken cancel);
}

/// <summary>Whom a door lets in.</summary>
public enum Admission
{
    /// <summary>Partners, and holders of a credential from a trusted alliance.</summary>
    Known,

    /// <summary>
    /// Anyone who proves who they are, by any key of their document: only behind another check, such as an invitation's secret, since an
    /// introduction is what pins keys.
    /// </summary>
    Anyone,
}
