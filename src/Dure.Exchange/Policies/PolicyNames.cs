using System.Collections.Frozen;

namespace Dure.Exchange.Policies;

/// <summary>
/// The names that mean something here. A name may be short (as the contexts of the Dataspace Protocol and Catena-X allow) or a full IRI;
/// any other spelling, a prefix or a look-alike letter included, is a name that is not known.
/// </summary>
internal static class PolicyNames
{
    public const string Use = "use";
    public const string Distribute = "distribute";
    public const string Derive = "derive";

    public const string DateTime = "dateTime";
    public const string InForceDate = "edc:inForceDate";
    public const string UsageEndDate = "DataUsageEndDate";
    public const string UsageEndDays = "DataUsageEndDurationDays";
    public const string ProvisioningEndDate = "DataProvisioningEndDate";
    public const string ProvisioningEndDays = "DataProvisioningEndDurationDays";
    public const string ElapsedTime = "elapsedTime";
    public const string Count = "count";
    public const string Bytes = "urn:dure:bytes";
    public const string Spatial = "spatial";
    public const string Membership = "Membership";
    public const string Purpose = "purpose";
    public const string UsagePurpose = "UsagePurpose";
    public const string PartnerNumber = "BusinessPartnerNumber";
    public const string PartnerGroup = "BusinessPartnerGroup";
    public const string FrameworkAgreement = "FrameworkAgreement";
    public const string Assignee = "assignee";
    public const string Recipient = "recipient";

    internal const string Odrl = "http://www.w3.org/ns/odrl/2/";
    private const string CatenaX = "https://w3id.org/catenax/2025/9/policy/";
    private const string Edc = "https://w3id.org/edc/v0.0.1/ns/";

    private static readonly string[] odrlOperands = [DateTime, ElapsedTime, Count, Spatial, Purpose, Recipient];

    private static readonly string[] catenaXOperands =
        [UsageEndDate, UsageEndDays, ProvisioningEndDate, ProvisioningEndDays, Membership, UsagePurpose, PartnerNumber, PartnerGroup, FrameworkAgreement];

    /// <summary>ODRL Vocabulary 2.2, section 3.9 and after: the actions, without the deprecated ones.</summary>
    private static readonly string[] odrlActions =
    [
        "use", "transfer", "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute", "compensate", "concurrentUse", "delete",
        "derive", "digitize", "display", "distribute", "ensureExclusivity", "execute", "extract", "give", "grantUse", "include", "index", "inform",
        "install", "modify", "move", "nextPolicy", "obtainConsent", "play", "present", "print", "read", "reproduce", "reviewPolicy", "sell", "stream",
        "synchronize", "textToSpeech", "transform", "translate", "uninstall", "watermark",
    ];

    private static readonly FrozenDictionary<string, string> operands = Spellings(odrlOperands, Odrl).Concat(Spellings(catenaXOperands, CatenaX))
        .Append(new(Assignee, Assignee)).Append(new(Bytes, Bytes)).Append(new(InForceDate, InForceDate)).Append(new(Edc + "inForceDate", InForceDate))
        .ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> actions = Spellings(odrlActions, Odrl).Concat(Spellings(["access"], CatenaX)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Handing a copy over is itself one of these, so forbidding any of them forbids the use that a partner asks for.</summary>
    private static readonly FrozenSet<string> handingOver = new[] { Use, "access", "read", "reproduce", "extract", "stream" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The ODRL terms that say something about rules: as a member in an unexpected place they must not be passed over.</summary>
    private static readonly FrozenSet<string> ruleTerms = new[]
    {
        "permission", "prohibition", "obligation", "duty", "remedy", "consequence", "constraint", "refinement", "action", "inheritFrom", "inheritAllowed",
        "inheritRelation", "conflict", "failure", "undefined",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The short name of an operand, or null when it is not known.</summary>
    public static string? Operand(string written) => operands.GetValueOrDefault(written);

    /// <summary>The short name of an action, or the text itself when it is not known.</summary>
    public static string Action(string written) => actions.GetValueOrDefault(written, written);

    public static bool IsKnownAction(string written) => actions.ContainsKey(written);

    /// <summary>
    /// Whether forbidding <paramref name="forbidden"/> forbids <paramref name="asked"/>: the same, or one that includes it. In ODRL every action
    /// but <c>transfer</c> is part of <c>use</c>. An action that is not known could be anything.
    /// </summary>
    public static bool Covers(string forbidden, string asked)
    {
        var (broad, narrow) = (Action(forbidden), Action(asked));
        return broad == narrow || broad == Use || narrow == Use && handingOver.Contains(broad) || !IsKnownAction(forbidden);
    }

    /// <summary>Whether a member's name is an ODRL term about rules, with whatever prefix and in whatever case.</summary>
    public static bool IsRuleTerm(string name) => ruleTerms.Contains(name[(name.AsSpan().LastIndexOfAny(":/#") + 1)..].Trim());

    private static IEnumerable<KeyValuePair<string, string>> Spellings(IEnumerable<string> names, string home) =>
        names.SelectMany(name => new KeyValuePair<string, string>[] { new(name, name), new(home + name, name) });
}
