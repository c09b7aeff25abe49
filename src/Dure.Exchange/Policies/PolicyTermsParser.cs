using System.Globalization;
using System.Text.RegularExpressions;
using Dure.Kernel;

namespace Dure.Exchange.Policies;

/// <summary>
/// Reads terms as people write them, in English or Korean or both. At each place the longest phrase that fits is taken; where none does, the
/// words there are shown and nothing is guessed: a condition that was overlooked would give data away.
/// </summary>
internal sealed partial class PolicyTermsParser
{
    private const int MaxLength = 2000;
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const int TimeoutMs = 1000;

    private readonly string words;
    private readonly PolicyDates dates;
    private readonly HashSet<string> said = [];
    private PolicyTerms terms = new();

    public PolicyTermsParser(string words, DateOnly today, TimeZoneInfo zone)
    {
        if (words.Length > MaxLength)
            throw Refuse("The text is too long.", words[..40], $"Use at most {MaxLength} characters.");
        (this.words, dates) = (words, new PolicyDates(today, zone));
    }

    public PolicyTerms Parse()
    {
        for (var at = Separator().Match(words).Length; at < words.Length;)
        {
            var (phrase, read) = Phrases.Select(known => (Match: known.Shape().Match(words, at), known.Read))
                .Where(found => found.Match.Success && IsEnd(at + found.Match.Length)).DefaultIfEmpty((Match.Empty, null!)).MaxBy(found => found.Item1.Length);
            if (phrase.Length == 0)
                throw Refuse("These words were not understood.", RestFrom(at), "Say for example: members only, until 31 December 2026, three downloads. Or: 회원만, 2026년 12월 31일까지, 세 번.");
            read(this, phrase);
            at += phrase.Length;
            at += Separator().Match(words, at).Length;
        }
        if (said.Count == 0)
            throw Refuse("No condition is stated.", "the text", "Name at least one, or say that anyone may use it: no conditions (조건 없음).");
        if (said.Contains("none") && said.Count > 1)
            throw Refuse("It says that there are no conditions, and states some.", PolicyText.Shown(words), "Leave out one of the two.");
        if (said.Contains("bare days") && (said.Contains("from") || said.Contains("days")))
            throw Refuse("It is not clear from when the days count.", PolicyText.Shown(words), "Say: 30 days after the agreement (계약 후 30일), or name the last day.");
        return terms.Check() is { } problem ? throw new ProblemException(problem) : terms;
    }

    private static readonly (Func<Regex> Shape, Action<PolicyTermsParser, Match> Read)[] Phrases =
    [
        (Nothing, (parser, match) => parser.Say("none", match, terms => terms)),
        (Members, (parser, match) => parser.Say("members", match, terms => terms with { MembersOnly = true })),
        (Until, (parser, match) => parser.Say("until", match, terms => terms with { Until = parser.dates.EndOf(match) })),
        (From, (parser, match) => parser.Say("from", match, terms => terms with { NotBefore = parser.dates.StartOf(match) })),
        (Days, (parser, match) => parser.Say(match.Groups["agreement"].Success ? "days" : "bare days", match, terms => terms with { DaysAfterAgreement = (int)NumberOf(match, match.Groups["weeks"].Success ? 7 : 1, int.MaxValue) })),
        (Uses, (parser, match) => parser.Say("uses", match, terms => terms with { MaxUses = match.Groups["once"].Success ? 1 : match.Groups["twice"].Success ? 2 : NumberOf(match, 1, long.MaxValue) })),
        (Size, (parser, match) => parser.Say("size", match, terms => terms with { MaxBytes = BytesOf(match) })),
        (Places, (parser, match) => parser.Say("places", match, terms => terms with { Regions = [.. match.Groups["place"].Captures.Select(place => Place(place.Value))] })),
        (Purposes, (parser, match) => parser.Say("purposes", match, terms => terms with { Purposes = [.. match.Groups["purpose"].Captures.Select(purpose => purpose.Value)] })),
        (Partners, (parser, match) => parser.Say("partners", match, terms => terms with { Partners = [.. match.Groups["did"].Captures.Select(did => did.Value)] })),
        (PassOn, (parser, match) => parser.Say("pass on", match, terms => terms with { MayPassOn = !match.Groups["not"].Success })),
        (Derive, (parser, match) => parser.Say("derive", match, terms => terms with { MayDerive = !match.Groups["not"].Success })),
    ];

    private void Say(string what, Match phrase, Func<PolicyTerms, PolicyTerms> change)
    {
        if (!said.Add(what))
            throw Refuse("This says again what was said before.", PolicyText.Shown(phrase.Value), "Say it once.");
        terms = change(terms);
    }

    private bool IsEnd(int at) => at == words.Length || Separator().Match(words, at).Length > 0;

    private string RestFrom(int at)
    {
        var rest = words[at..];
        var end = rest.AsSpan().IndexOfAny(",;，、\n");
        return PolicyText.Shown(end > 0 ? rest[..end] : rest);
    }

    private static long NumberOf(Match match, long unit, long most)
    {
        var text = match.Groups["number"].Value;
        var number = text.All(char.IsAsciiDigit)
            ? text.Length <= 12 ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : throw Refuse("The number is too large.", match.Value, "Give a smaller one.")
            : NumberWords.TryGetValue(text, out var word) ? word : throw Refuse("The number was not understood.", match.Value, "Write it in digits.");
        return number is 0 || number > most / unit ? throw Refuse(number == 0 ? "Nothing would be allowed." : "The number is too large.", match.Value, "Give another one.") : number * unit;
    }

    private static long BytesOf(Match match)
    {
        var unit = match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "KB" => 1_000m,
            "MB" => 1_000_000m,
            "GB" => 1_000_000_000m,
            "TB" => 1_000_000_000_000m,
            "KIB" => 1024m,
            "MIB" => 1024m * 1024,
            "GIB" => 1024m * 1024 * 1024,
            "TIB" => 1024m * 1024 * 1024 * 1024,
            _ => 1m,
        };
        var bytes = decimal.Parse(match.Groups["amount"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * unit;
        return bytes is >= 1 and < 1e18m && decimal.IsInteger(bytes) ? (long)bytes : throw Refuse("This is no whole number of bytes between 1 and 10^18.", match.Value, "Give another amount.");
    }

    private static string Place(string written) => written.ToUpperInvariant() is "KOREA" or "SOUTH KOREA" or "한국" or "대한민국" ? "KR" : written;

    private static readonly Dictionary<string, int> NumberWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["one"] = 1,
        ["two"] = 2,
        ["three"] = 3,
        ["four"] = 4,
        ["five"] = 5,
        ["six"] = 6,
        ["seven"] = 7,
        ["eight"] = 8,
        ["nine"] = 9,
        ["ten"] = 10,
        ["eleven"] = 11,
        ["twelve"] = 12,
        ["한"] = 1,
        ["두"] = 2,
        ["세"] = 3,
        ["네"] = 4,
        ["다섯"] = 5,
        ["여섯"] = 6,
        ["일곱"] = 7,
        ["여덟"] = 8,
        ["아홉"] = 9,
        ["열"] = 10,
    };

    internal static ProblemException Refuse(string what, string where, string mend) => new("urn:dure:exchange:terms-not-understood", what, $"'{PolicyText.Shown(where)}'", mend);

    private const string Number = @"(?<number>[0-9]{1,15}|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?=[ -])|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)";
    private const string Most = @"((?i:at most|up to|no more than|max\.?|maximum)|최대) ?";
    private const string DidName = @"(?<did>did:web:[A-Za-z0-9._%:-]*[A-Za-z0-9])";
    private const string PlaceName = @"(?<place>[A-Z]{2}(-[A-Z0-9]{1,3})?|(?i:(south )?korea)|한국|대한민국)";
    private const string PurposeName = @"(?<purpose>[\p{L}0-9][\p{L}0-9_.:/-]{0,99}(?<![.:/]))";

    [GeneratedRegex(@"\G[\s,;.，、·]*((?i:and|but|with)(?=\s)|및(?=\s)|그리고(?=\s))?[\s,;.，、·]*", Options, TimeoutMs)]
    private static partial Regex Separator();

    [GeneratedRegex(@"\G((?i:anyone|no conditions|without conditions|no limits)|조건 ?없음|제한 ?없음|누구나)", Options, TimeoutMs)]
    private static partial Regex Nothing();

    [GeneratedRegex(@"\G((?i:(for )?(alliance )?members( of the alliance)?( only)?|only (for )?(alliance )?members( of the alliance)?)|회원(사)? ?(만|전용|에게만|한정))", Options, TimeoutMs)]
    private static partial Regex Members();

    [GeneratedRegex(@"\G((?i:until|till|through|up to|to) " + PolicyDates.English + "|" + PolicyDates.Korean + @" ?까지(만)?)", Options, TimeoutMs)]
    private static partial Regex Until();

    [GeneratedRegex(@"\G((?i:from|starting|since|not before|as of) " + PolicyDates.English + "|" + PolicyDates.Korean + " ?부터)", Options, TimeoutMs)]
    private static partial Regex From();

    [GeneratedRegex(@"\G((?i:for )?" + Number + @"[ -](?i:days?|(?<weeks>weeks?))(?<agreement>(?i: (after|from|since) (the )?agreement))|(?i:for )" + Number + @"[ -](?i:days?|(?<weeks>weeks?))|(?<agreement>(계약|합의|협약)( ?체결)? ?후) ?" + Number + @" ?(일|(?<weeks>주))( ?(간|동안))?|" + Number + @" ?(일|(?<weeks>주)) ?(간|동안))", Options, TimeoutMs)]
    private static partial Regex Days();

    [GeneratedRegex(@"\G((" + Most + ")?" + Number + @"[ -](?i:downloads?|uses?|times|transfers?)((?i: only| in all))?|(?<once>(?i:(only )?once( only)?|(a )?single (download|use|transfer)))|(?<twice>(?i:twice))|(최대 ?)?(다운로드 ?)?" + Number + @" ?(번|회)( ?까지)?( ?만)?( ?다운로드)?)", Options, TimeoutMs)]
    private static partial Regex Uses();

    [GeneratedRegex(@"\G(" + Most + @")?(?<amount>[0-9]{1,15}(\.[0-9]{1,6})?) ?(?<unit>(?i:bytes?|b|kb|mb|gb|tb|kib|mib|gib|tib))((?i: in all| only)| ?까지| ?만)?", Options, TimeoutMs)]
    private static partial Regex Size();

    [GeneratedRegex(@"\G((?i:(only )?(with)?in (the )?(regions? )?|regions? )" + PlaceName + @"((,? (?i:or|and) |, ?|/)" + PlaceName + @")*((?i: only))?|(지역 ?:? ?)?" + PlaceName + @"((, ?|/| ?또는 ?| ?및 ?)" + PlaceName + @")* ?(지역|내)?(에서)? ?(만|한정))", Options, TimeoutMs)]
    private static partial Regex Places();

    [GeneratedRegex(@"\G((?i:(only )?(for )?(the )?purposes?( of)? )" + PurposeName + @"((?i:,? or )" + PurposeName + @")*|(목적|용도) ?:? ?" + PurposeName + @"( 또는 " + PurposeName + @")*)", Options, TimeoutMs)]
    private static partial Regex Purposes();

    [GeneratedRegex(@"\G((?i:only( for)?|for|partners?) )?" + DidName + @"((,? (?i:or|and) |, ?| ?또는 ?)" + DidName + @")*((?i: only)|에게만|만)?", Options, TimeoutMs)]
    private static partial Regex Partners();

    [GeneratedRegex(@"\G((?i:(may|can)(?<not> not)? (be )?(pass(ed)?( it)? on|re-?shared?|redistributed?|distributed?)|(passing on|resharing) allowed|(?<not>no) (passing on|resharing))|(재공유|재제공|전달|배포|제3자 ?제공) ?(가능|허용|(?<not>불가|금지)))", Options, TimeoutMs)]
    private static partial Regex PassOn();

    [GeneratedRegex(@"\G((?i:(may|can)(?<not> not)? (be )?(used (for|in) training|(used to )?(make|create) (something new|models?)( (of|from|with) it)?|derived?( from it)?|(used to )?train( models?)?( on it)?)|(deriving|training) allowed|(?<not>no) (deriving|training))|(파생(물)?( ?작성)?|가공|2차 ?가공|(모델 ?)?학습) ?(가능|허용|(?<not>불가|금지)))", Options, TimeoutMs)]
    private static partial Regex Derive();
}
