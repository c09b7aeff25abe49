using System.Globalization;
using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab;

/// <summary>
/// The trials of a campaign as a table that people fill in with any spreadsheet: one row a trial, columns for its number, its state, each factor, each
/// outcome and a note. A row without outcomes is under way. Columns that are not the plan's are kept as they are.
/// </summary>
public sealed class TrialSheet
{
    internal const string Number = "trial", State = "state", Why = "why", Note = "note";

    internal static readonly IReadOnlySet<string> OwnColumns = new HashSet<string>(StringComparer.Ordinal) { Number, State, Why, Note };

    /// <summary>Columns that only plans with a cheap twin or earlier campaigns have: how a trial is made, and which campaign proposed it.</summary>
    internal const string Fidelity = "fidelity", Source = "source", Full = "full";

    private readonly CampaignPlan plan;
    private readonly List<string> columns;
    private readonly List<List<string>> rows = [];
    private readonly List<CampaignTrial> trials = [];
    private readonly List<int> numbers = [];

    private TrialSheet(CampaignPlan plan, List<string> columns) => (this.plan, this.columns) = (plan, columns);

    /// <summary>The trials, in the order of the rows.</summary>
    public IReadOnlyList<CampaignTrial> Trials => trials;

    /// <summary>What each trial is called: the number in its row, which it keeps wherever the row is moved.</summary>
    public IReadOnlyList<int> Numbers => numbers;

    /// <summary>The columns of a plan's sheet that are no factor and no outcome.</summary>
    internal static IReadOnlyList<string> OwnOf(CampaignPlan plan) => [.. OwnColumns, .. plan.Cheap is null ? Array.Empty<string>() : [Fidelity], .. plan.Earlier.Count == 0 ? Array.Empty<string>() : [Source]];

    /// <summary>A sheet without rows.</summary>
    public static TrialSheet Empty(CampaignPlan plan) => new(plan, [Number, State, .. OwnOf(plan).Where(own => !OwnColumns.Contains(own)), .. plan.Space.Factors.Select(factor => factor.Name), .. plan.Outcomes.Select(outcome => outcome.Name), Why, Note]);

    /// <summary>Reads a sheet that people filled in.</summary>
    /// <param name="where">What messages call it.</param>
    /// <exception cref="ProblemException">A column is missing or a cell cannot be read; names line and column.</exception>
    public static TrialSheet Read(CampaignPlan plan, string text, string where)
    {
        var lines = SheetLines.Read(text, where);
        if (lines.Count == 0)
            return Empty(plan);
        var sheet = new TrialSheet(plan, [.. lines[0].Select(column => column.Trim()).Select(column => OwnOf(plan).FirstOrDefault(own => own.Equals(column, StringComparison.OrdinalIgnoreCase)) ?? column)]);
        foreach (var missing in plan.Space.Factors.Select(factor => factor.Name).Concat(plan.Outcomes.Select(outcome => outcome.Name)).Where(name => !sheet.columns.Contains(name)))
            throw Bad($"There is no column '{missing}'.", where, $"Add it to the first line. It has: {string.Join(", ", sheet.columns)}.");
        if (sheet.columns.GroupBy(column => column, StringComparer.Ordinal).FirstOrDefault(same => same.Key.Length > 0 && same.Count() > 1) is { } twice)
            throw Bad($"The column '{twice.Key}' stands there twice.", where, "Leave one.");
        foreach (var own in new[] { Number, State, Why, Note }.Concat(OwnOf(plan).Except(OwnColumns)).Where(own => !sheet.columns.Contains(own)))
            sheet.columns.Add(own);
        if (lines.Count - 1 > CampaignPlan.MostTrials)
            throw Bad($"It has {lines.Count - 1:N0} rows.", where, $"A campaign has {CampaignPlan.MostTrials:N0} trials at most.");
        for (var i = 1; i < lines.Count; i++)
        {
            if (lines[i].Length > lines[0].Length)
                throw Bad($"It has {lines[i].Length} cells, the first line {lines[0].Length}.", $"{where}, row {i + 1}", "A comma in a text needs quotation marks around the text; write decimals with a point.");
            sheet.Add(lines[i], $"{where}, row {i + 1}");
        }
        sheet.NumberRows(where);
        return sheet;
    }

    /// <summary>Adds a suggestion as a trial under way.</summary>
    public void Add(Suggestion suggestion, string why)
    {
        List<string> row = [.. columns.Select(_ => "")];
        numbers.Add(numbers.DefaultIfEmpty().Max() + 1);
        row[columns.IndexOf(Number)] = numbers[^1].ToString(CultureInfo.InvariantCulture);
        row[columns.IndexOf(State)] = "pending";
        row[columns.IndexOf(Why)] = why;
        if (plan.Cheap is not null)
            row[columns.IndexOf(Fidelity)] = suggestion.IsCheap ? plan.Cheap.Name : Full;
        if (plan.Earlier.Count > 0)
            row[columns.IndexOf(Source)] = suggestion.Earlier ?? "";
        foreach (var (name, value) in plan.Space.Write(suggestion.Point))
            row[columns.IndexOf(name)] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        rows.Add(row);
        trials.Add(suggestion.AsTrial());
    }

    /// <summary>The sheet as a spreadsheet reads it.</summary>
    public string Write() => SheetLines.Write([columns, .. rows]);

    /// <summary>Rows that people added have no number: they get one that is free.</summary>
    private void NumberRows(string where)
    {
        var at = columns.IndexOf(Number);
        var given = rows.ConvertAll(row => int.TryParse(row[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : row[at].Length == 0 ? (int?)null
            : throw Bad($"'{row[at]}' is no number of a trial.", $"{where}, column '{Number}'", "Leave it as it was, or empty for a row of your own."));
        if (given.Where(number => number is not null).GroupBy(number => number).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw Bad($"Two rows have the number {twice.Key}.", $"{where}, column '{Number}'", "Leave it empty in the row that is new.");
        var next = given.Max() ?? 0;
        for (var i = 0; i < rows.Count; i++)
        {
            numbers.Add(given[i] ?? ++next);
            rows[i][at] = numbers[i].ToString(CultureInfo.InvariantCulture);
        }
    }

    private void Add(string[] cells, string where)
    {
        List<string> row = [.. cells.Select(cell => cell.Trim()), .. Enumerable.Repeat("", columns.Count - cells.Length)];
        string at(string column) => row[columns.IndexOf(column)];
        var point = Point(at, where);
        double[] values = [.. plan.Outcomes.Select(outcome => OutcomeValue(outcome, at(outcome.Name), where))];
        trials.Add(at(State).ToLowerInvariant() switch
        {
            "failed" => CampaignTrial.Failed(point),
            "void" => new CampaignTrial(point, TrialState.Void, [], []),
            "" or "pending" or "measured" when values.Any(double.IsFinite) => CampaignTrial.Measured(point, values),
            "" or "pending" => CampaignTrial.Pending(point),
            "measured" => throw Bad("It is measured, but no outcome is there.", where, "Fill in an outcome, or write failed or void."),
            var other => throw Bad($"Its state is '{other}'.", $"{where}, column '{State}'", "Leave it empty, or write failed (the conditions cannot work) or void (a device's or a person's fault)."),
        } with { IsCheap = plan.Cheap is { } cheap && IsCheap(at(Fidelity), cheap.Name, where), IsByEarlier = plan.Earlier.Count > 0 && at(Source).Length > 0 });
        rows.Add(row);
    }

    private static bool IsCheap(string cell, string cheap, string where) => cell.Length > 0 && !cell.Equals(Full, StringComparison.OrdinalIgnoreCase)
        && (cell.Equals(cheap, StringComparison.OrdinalIgnoreCase) ? true : throw Bad($"It is made with '{cell}'.", $"{where}, column '{Fidelity}'", $"Write {cheap} or {Full}."));

    private double[] Point(Func<string, string> at, string where)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var factor in plan.Space.Factors)
            values[factor.Name] = at(factor.Name) is { Length: > 0 } cell ? cell : throw Bad("The cell is empty.", $"{where}, column '{factor.Name}'", "Say what was tried.");
        try
        {
            return plan.Space.Read(values);
        }
        catch (ProblemException wrong)
        {
            throw Bad(wrong.Problem.What, $"{where}, {wrong.Problem.Where}", wrong.Problem.Mend, wrong);
        }
    }

    private static double OutcomeValue(Outcome outcome, string cell, string where)
    {
        if (cell.Length == 0)
            return double.NaN;
        where = $"{where}, column '{outcome.Name}'";
        var (number, unit) = cell.Split(' ', 2, StringSplitOptions.TrimEntries) is [var first, var second] ? (first, second) : (cell, null);
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw Bad($"'{cell}' is no number.", where, "Write a number with a point for decimals; leave it empty where nothing was measured, and write failed or void into 'state' where the trial did not work.");
        try
        {
            return unit is null ? value : Unit.Parse(unit).ConversionTo(Unit.Parse(outcome.Unit), outcome.Name).Apply(value);
        }
        catch (ProblemException wrong)
        {
            throw Bad(wrong.Problem.What, where, $"Give it in {outcome.Unit}.", wrong);
        }
    }

    private static ProblemException Bad(string what, string where, string mend, Exception? cause = null) => new("urn:dure:lab:bad-sheet", what, where, mend, cause);
}
