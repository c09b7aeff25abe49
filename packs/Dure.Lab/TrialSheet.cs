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

    private readonly CampaignPlan plan;
    private readonly List<string> columns;
    private readonly List<List<string>> rows = [];
    private readonly List<CampaignTrial> trials = [];

    private TrialSheet(CampaignPlan plan, List<string> columns) => (this.plan, this.columns) = (plan, columns);

    /// <summary>The trials, in the order of the rows.</summary>
    public IReadOnlyList<CampaignTrial> Trials => trials;

    /// <summary>A sheet without rows.</summary>
    public static TrialSheet Empty(CampaignPlan plan) => new(plan, [Number, State, .. plan.Space.Factors.Select(factor => factor.Name), .. plan.Outcomes.Select(outcome => outcome.Name), Why, Note]);

    /// <summary>Reads a sheet that people filled in.</summary>
    /// <param name="where">What messages call it.</param>
    /// <exception cref="ProblemException">A column is missing or a cell cannot be read; names line and column.</exception>
    public static TrialSheet Read(CampaignPlan plan, string text, string where)
    {
        var lines = SheetLines.Read(text, where);
        if (lines.Count == 0)
            return Empty(plan);
        var sheet = new TrialSheet(plan, [.. lines[0].Select(column => column.Trim())]);
        foreach (var missing in plan.Space.Factors.Select(factor => factor.Name).Concat(plan.Outcomes.Select(outcome => outcome.Name)).Where(name => !sheet.columns.Contains(name)))
            throw Bad($"There is no column '{missing}'.", where, $"Add it to the first line. It has: {string.Join(", ", sheet.columns)}.");
        if (sheet.columns.GroupBy(column => column, StringComparer.Ordinal).FirstOrDefault(same => same.Key.Length > 0 && same.Count() > 1) is { } twice)
            throw Bad($"The column '{twice.Key}' stands there twice.", where, "Leave one.");
        foreach (var own in new[] { Number, State, Why, Note }.Where(own => !sheet.columns.Contains(own)))
            sheet.columns.Add(own);
        if (lines.Count - 1 > CampaignPlan.MostTrials)
            throw Bad($"It has {lines.Count - 1:N0} rows.", where, $"A campaign has {CampaignPlan.MostTrials:N0} trials at most.");
        for (var i = 1; i < lines.Count; i++)
            sheet.Add(lines[i], $"{where}, row {i + 1}");
        return sheet;
    }

    /// <summary>Adds a suggestion as a trial under way.</summary>
    public void Add(Suggestion suggestion, string why)
    {
        List<string> row = [.. columns.Select(_ => "")];
        row[columns.IndexOf(Number)] = (NextNumber()).ToString(CultureInfo.InvariantCulture);
        row[columns.IndexOf(State)] = "pending";
        row[columns.IndexOf(Why)] = why;
        foreach (var (name, value) in plan.Space.Write(suggestion.Point))
            row[columns.IndexOf(name)] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        rows.Add(row);
        trials.Add(CampaignTrial.Pending(suggestion.Point));
    }

    /// <summary>The sheet as a spreadsheet reads it.</summary>
    public string Write() => SheetLines.Write([columns, .. rows]);

    private int NextNumber()
    {
        var last = 0;
        foreach (var row in rows)
            if (int.TryParse(row[columns.IndexOf(Number)], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                last = Math.Max(last, number);
        return Math.Max(last, rows.Count) + 1;
    }

    private void Add(string[] cells, string where)
    {
        if (cells.Length > columns.Count)
            throw Bad($"It has {cells.Length} cells, the first line {columns.Count}.", where, "A comma in a text needs quotation marks around the text.");
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
        });
        rows.Add(row);
    }

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
