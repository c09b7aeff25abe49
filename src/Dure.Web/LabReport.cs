using System.Globalization;
using System.Text;
using Dure.Evidence;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Rehearsals;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Dure.Web.Language;
using Dure.Web.Parts;

namespace Dure.Web;

/// <summary>An instrument's part in a campaign.</summary>
/// <param name="Card">Its card as it is now; null: it was taken out since.</param>
public sealed record ReportedInstrument(string Name, LabInstrument? Card, int Done, int NotDone);

/// <summary>A step that did not end well.</summary>
public sealed record ReportedFault(int Trial, TrialStep Step);

/// <summary>
/// What a campaign has brought, told from the journal: page and Markdown say the same, as both read this. The model's picture and the advice are computed anew from the results.
/// </summary>
public sealed class LabReport
{
    private readonly Wording words;

    private LabReport(CampaignHistory history, InstrumentBench bench, SignedHead head, CampaignPicture? picture, StopAdvice advice, Wording words)
    {
        (History, Head, Picture, Advice, this.words) = (history, head, picture, advice, words);
        Best = LabWords.Best(Campaign);
        Wanted = Campaign.Plan.Outcomes.ToList().FindIndex(outcome => outcome.Aim != Aim.Held);
        Virtual = LabWords.Virtual(Campaign.Plan, bench);
        var steps = Campaign.Trials.SelectMany(trial => trial.Steps.Select(step => (trial.Number, Step: step))).ToArray();
        Faults = [.. steps.Where(one => one.Step.HasEnded && one.Step.Stage != StepStage.Done).Select(one => new ReportedFault(one.Number, one.Step))];
        Instruments = [.. steps.GroupBy(one => one.Step.Instrument, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ReportedInstrument(group.Key, bench.TryFind(group.Key), group.Count(one => one.Step.Stage == StepStage.Done), group.Count(one => one.Step.HasEnded && one.Step.Stage != StepStage.Done)))];
    }

    public CampaignHistory History { get; }
    public SignedHead Head { get; }
    public CampaignPicture? Picture { get; }
    public StopAdvice Advice { get; }
    public IReadOnlyList<LabTrial> Best { get; }
    public IReadOnlyList<ReportedFault> Faults { get; }
    public IReadOnlyList<ReportedInstrument> Instruments { get; }

    /// <summary>Whether its instruments are virtual; null: people made its trials.</summary>
    public (bool Some, bool All)? Virtual { get; }

    /// <summary>The number of the first outcome that is wanted.</summary>
    public int Wanted { get; }

    public Campaign Campaign => History.Campaign;

    /// <summary>Who approved it; null while nobody has.</summary>
    public CampaignMove? Approval => Campaign.Moves.Find(move => move.To == CampaignStage.Approved);

    /// <summary>Reads a campaign's report from the journal; null where there is none of that name.</summary>
    public static async Task<LabReport?> Read(string id, ILabLedger ledger, InstrumentBench bench, Journal journal, CampaignSight sight, Wording words, CancellationToken cancel)
    {
        if (CampaignHistory.Read(ledger, id) is not { } history)
            return null;
        return new LabReport(history, bench, journal.Head(), await sight.Picture(history.Campaign, new PictureOptions(), cancel), await sight.Advice(history.Campaign, cancel), words);
    }

    /// <summary>Its Markdown, with the figures in it; null where there is none of that name.</summary>
    /// <param name="language">en or ko.</param>
    public static async Task<string?> Markdown(string id, string? language, ILabLedger ledger, InstrumentBench bench, Journal journal, CampaignSight sight, CancellationToken cancel) =>
        await Read(id, ledger, bench, journal, sight, Wording.Of(Wording.TongueOf(language) ?? Tongue.English), cancel) is { } report ? report.Markdown() + RehearsalText.Report(report.Campaign) : null;

    /// <summary>Virtual or real, said plainly.</summary>
    public string Reality => Virtual switch
    {
        null => words["lab.report.people"],
        (_, true) => words["lab.virtual.all"],
        (true, _) => words["lab.virtual.some"],
        _ => words["lab.report.real"],
    };

    /// <summary>What was found, in a sentence or two.</summary>
    public string Summary => words.Say("lab.report.summary", Campaign.Known, Campaign.Plan.Budget, LabWords.Stage(words, Campaign.Stage)) + " " + Best switch
    {
        [] => words["lab.best.none"] + ".",
        [var one] => words.Say("lab.report.best", LabWords.Outcomes(Campaign.Plan, one), LabWords.Point(Campaign.Plan.Space, one.Point), one.Number),
        var several => words.Say("lab.best.several", several.Count) + ".",
    };

    /// <summary>What repeats of a trial's conditions gave: whether the best is confirmed.</summary>
    public string Confirmation(LabTrial best)
    {
        var again = Campaign.Trials.Where(trial => trial.Stage == TrialStage.Measured && trial.Point.AsSpan().SequenceEqual(best.Point)).ToArray();
        if (again.Length < 2)
            return words["lab.report.unconfirmed"];
        var parts = Campaign.Plan.Outcomes.Select((outcome, k) => (outcome, values: again.Select(trial => trial.Values[k]).Where(double.IsFinite).ToArray())).Where(one => one.values.Length > 1)
            .Select(one => words.Say("lab.report.spread", one.outcome.Name, LabWords.Value(one.outcome, one.values.Average()), Figures.Number(one.values.Min()), Figures.Number(one.values.Max())));
        return words.Say("lab.report.confirmed", again.Length, string.Join("; ", parts));
    }

    /// <summary>Of the measured values that the model had foretold, how many lay in the interval that nine in ten should.</summary>
    public string? Foretold()
    {
        var (within, all) = (0, 0);
        foreach (var trial in Campaign.Trials.Where(trial => trial is { Stage: TrialStage.Measured, Suggestion: not null }))
            for (var k = 0; k < trial.Suggestion!.Expected.Count && k < trial.Values.Length; k++)
                if (double.IsFinite(trial.Values[k]))
                    (within, all) = (within + (trial.Values[k] >= trial.Suggestion.Expected[k].Low && trial.Values[k] <= trial.Suggestion.Expected[k].High ? 1 : 0), all + 1);
        return all == 0 ? null : words.Say("lab.report.foretold", within, all, Figures.Percent((double)within / all));
    }

    /// <summary>An act in words.</summary>
    public string Act(CampaignAct act)
    {
        var what = words.Name("lab.act", act.What);
        return act.Trial is { } trial ? $"{what}: {words.Say("lab.trial.number", trial)}" : act.Factor is { } factor ? $"{what}: {factor}" : what;
    }

    public string Device(ReportedInstrument one) => one.Card is not { } card ? words["lab.report.gone"] : card.Description?.Identity is { } identity ? $"{identity.Maker} {identity.Model} · {identity.Serial}" : "–";

    private string Markdown()
    {
        var (plan, space, text) = (Campaign.Plan, Campaign.Plan.Space, new StringBuilder());
        void head(string title) => text.AppendLine().Append("## ").AppendLine(title).AppendLine();
        text.Append("# ").AppendLine(Plain(plan.Name)).AppendLine();
        if (plan.Objective.Length > 0)
            text.Append("> ").AppendLine(Plain(plan.Objective)).AppendLine();
        text.Append("**").Append(Reality).AppendLine("**").AppendLine().AppendLine(Plain(Summary)).AppendLine();
        text.Append("- ").AppendLine(Approval is { } approval ? Plain(words.Say("lab.report.approved", approval.By, Figures.Time(approval.At), approval.Why)) : words["lab.report.unapproved"]);
        text.Append("- ").AppendLine(words.Say("lab.report.journal", History.First, History.Last, Head.Size, Head.Root.ToString()));
        text.Append("- ").Append(words["lab.advice"]).Append(' ').AppendLine(LabWords.Advice(words, plan, Advice));
        if (Foretold() is { } foretold)
            text.Append("- ").AppendLine(foretold);

        head(words["lab.report.best.head"]);
        if (Best.Count == 0)
            text.AppendLine(words["lab.best.none"]);
        foreach (var best in Best)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {words.Say("lab.trial.number", best.Number)}: {Plain(LabWords.Point(space, best.Point))} → {Plain(LabWords.Outcomes(plan, best))}. {Confirmation(best)}");

        if (Campaign.Known > 0)
        {
            head(words["lab.course"]);
            Figure(text, words.Say("lab.course.label", plan.Outcomes[Wanted].Name), LabDrawings.Course(words, Campaign, Wanted));
            foreach (var (trial, value) in LabDrawings.BestSoFar(Campaign, Wanted))
                text.AppendLine(CultureInfo.InvariantCulture, $"- {words.Say("lab.trial.number", trial)}: {Plain(LabWords.Value(plan.Outcomes[Wanted], value))}");
        }
        if (Picture is { } picture)
        {
            head(words["lab.picture"]);
            if (picture.Map is not null)
            {
                Figure(text, LabDrawings.MapLabel(words, Campaign, picture, false), LabDrawings.Map(words, Campaign, picture, false, Best is [var one] ? one : null));
                Figure(text, LabDrawings.MapLabel(words, Campaign, picture, true), LabDrawings.Map(words, Campaign, picture, true, Best is [var same] ? same : null));
            }
            var axis = LabDrawings.AxisOf(picture);
            foreach (var profile in picture.Profiles.OrderByDescending(profile => profile.Share))
                Figure(text, $"{space.Factors[profile.Factor].Name}: {words.Say("lab.profile.share", Figures.Percent(Math.Round(profile.Share, 2)))}", LabDrawings.Profile(words, Campaign, picture, profile, axis));
        }
        head(words["lab.report.acts"]);
        Table(text, [words["lab.report.entry"], words["common.time-utc"], words["lab.report.who"], words["lab.report.what"], words["lab.why"]],
            History.Acts.Select(act => new[] { $"#{act.Entry}", Figures.Time(act.At), act.By, Act(act), act.Why }));
        head(words["lab.trials"]);
        Table(text, [words["lab.trial"], words["lab.trial.stage"], .. space.Factors.Select(factor => factor.Name), .. plan.Outcomes.Select(outcome => outcome.Name), words["lab.trial.why"]],
            Campaign.Trials.Select(trial => (string[])[trial.Number.ToString(CultureInfo.InvariantCulture), LabWords.Stage(words, trial.Stage), .. space.Factors.Select((factor, i) => LabWords.Value(factor, trial.Point[i])),
                .. plan.Outcomes.Select((outcome, k) => trial.Values.Length > k ? LabWords.Value(outcome, trial.Values[k]) : ""), $"{LabWords.Reason(words, trial)} {trial.Why}".TrimEnd()]));
        head(words["lab.report.faults"]);
        if (Faults.Count == 0)
            text.AppendLine(words["lab.report.faults.none"]);
        else
            Table(text, [words["lab.trial"], words["lab.step"], words["lab.instrument"], words["lab.trial.stage"], words["lab.report.cause"]],
                Faults.Select(fault => new[] { fault.Trial.ToString(CultureInfo.InvariantCulture), fault.Step.Key.ToString(), fault.Step.Instrument, LabWords.Stage(words, fault.Step.Stage), fault.Step.Cause }));
        if (Instruments.Count > 0)
        {
            head(words["lab.instruments"]);
            Table(text, [words["lab.instrument"], words["lab.instrument.device"], words["lab.report.reality"], words["lab.instrument.answers"], words["lab.report.done"], words["lab.report.not-done"]],
                Instruments.Select(one => new[] { one.Name, Device(one), one.Card is { } card ? words[card.Card.Link.IsVirtual ? "lab.virtual" : "lab.report.is-real"] : "–", one.Card?.Card.AllowedBy ?? "–", Figures.Count(one.Done), Figures.Count(one.NotDone) }));
        }
        return text.ToString();
    }

    private static void Figure(StringBuilder text, string label, string svg) =>
        text.Append("![").Append(Plain(label).Replace("]", "\\]", StringComparison.Ordinal)).Append("](data:image/svg+xml;base64,").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))).AppendLine(")").AppendLine().Append('*').Append(Plain(label)).AppendLine("*").AppendLine();

    private static void Table(StringBuilder text, string[] heads, IEnumerable<string[]> rows)
    {
        text.Append("| ").AppendJoin(" | ", heads.Select(Plain)).AppendLine(" |").Append('|').Insert(text.Length, "---|", heads.Length).AppendLine();
        foreach (var row in rows)
            text.Append("| ").AppendJoin(" | ", row.Select(Plain)).AppendLine(" |");
    }

    /// <summary>Text from people in which nothing is taken for Markdown or HTML.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var character in text)
            _ = character switch
            {
                '\r' or '\n' => plain.Append(' '),
                '|' or '\\' or '`' or '*' or '_' or '<' or '[' => plain.Append('\\').Append(character),
                _ => plain.Append(character),
            };
        return plain.ToString();
    }
}
