using System.Globalization;
using Dure.Learn.Tables;

namespace Dure.Learn.Drift;

/// <summary>That a model should be trained again, with the reason: for a person, or a loop, to decide.</summary>
/// <param name="Columns">The columns that moved most.</param>
public sealed record RetrainProposal(DriftSeverity Severity, string Reason, IReadOnlyList<string> Columns);

/// <summary>How far the rows a model meets have moved from those it learnt from.</summary>
/// <param name="Joint">Columns together; null: too few rows.</param>
/// <param name="Performance">What a watch on losses says; null: there are no labels yet.</param>
/// <param name="Proposal">Null: there is no reason to train again.</param>
public sealed record DriftReport(IReadOnlyList<ColumnDrift> Columns, JointDrift? Joint, WatchStep? Performance, DriftSeverity Severity, RetrainProposal? Proposal)
{
    private const double Level = 0.01;
    private const double SlightAuc = 0.6, StrongAuc = 0.75;
    private const int MostNamed = 5;

    /// <summary>Evidence grows without bound; beyond this its size says nothing more.</summary>
    private const double Overwhelming = 1e6;

    /// <param name="performance">The newest step of a <see cref="ChangeWatch"/> on losses.</param>
    /// <exception cref="Kernel.ProblemException">The table has other columns than the reference.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static DriftReport Of(DriftReference reference, FeatureTable now, WatchStep? performance = null, int seed = 0, CancellationToken cancel = default)
    {
        if (!now.Columns.Select(column => column.Name).SequenceEqual(reference.Columns.Select(column => column.Name), StringComparer.Ordinal))
            throw DriftProblem.Of("The rows have other columns than those the model learnt from.", "drift reference", "Give the model's columns, in its order.");
        var (columns, joint) = (ColumnDrifts.Of(reference, now), JointDrifts.Of(reference, now, seed, cancel));
        var byColumn = columns.Max(column => column.Severity);
        var together = joint is null || joint.Chance > Level || !(joint.Auc.Low > 0.5) ? DriftSeverity.None
            : joint.Auc.Value > StrongAuc ? DriftSeverity.Strong : joint.Auc.Value > SlightAuc ? DriftSeverity.Slight : DriftSeverity.None;
        var byLoss = performance is { IsAlarm: true } ? DriftSeverity.Strong : DriftSeverity.None;
        var severity = (DriftSeverity)Math.Max((int)byLoss, Math.Max((int)byColumn, (int)together));
        return new(columns, joint, performance, severity, Propose(columns, joint, together, performance, severity));
    }

    /// <summary>Losses that rose are a reason by themselves; rows that moved are one when they moved far.</summary>
    private static RetrainProposal? Propose(IReadOnlyList<ColumnDrift> columns, JointDrift? joint, DriftSeverity together, WatchStep? performance, DriftSeverity severity)
    {
        if (severity < DriftSeverity.Strong)
            return null;
        string[] moved = [.. columns.Where(column => column.Severity > DriftSeverity.None).OrderByDescending(column => column.Severity).ThenByDescending(column => column.Psi).Take(MostNamed).Select(column => column.Column)];
        if (moved.Length == 0 && joint is not null)
            moved = [.. joint.Columns];
        var reasons = new List<string>();
        if (performance is { IsAlarm: true } loss)
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"its errors have risen (evidence {(loss.Evidence < Overwhelming ? $"{loss.Evidence:0}" : $"over {Overwhelming:#,0}")})"));
        if (columns.Any(column => column.Severity == DriftSeverity.Strong))
            reasons.Add($"{string.Join(", ", moved)} {(moved.Length == 1 ? "is" : "are")} no longer as when it learnt");
        else if (together == DriftSeverity.Strong)
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"its rows can be told from those it learnt from (AUC {joint!.Auc.Value:0.00}), mostly by {string.Join(", ", moved)}")); // joint is what was strong
        return new(severity, $"Train the model again: {string.Join("; ", reasons)}.", moved);
    }
}
