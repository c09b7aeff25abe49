using System.Globalization;
using Dure.Learn.Tables;

namespace Dure.Learn.Drift;

public enum DriftSeverity
{
    None,

    /// <summary>To be watched.</summary>
    Slight,

    /// <summary>The model answers for other rows than it learnt from.</summary>
    Strong,
}

/// <summary>How far one column has moved.</summary>
/// <param name="Psi">Population stability index over the reference's tenths, or over categories.</param>
/// <param name="Ks">Largest distance of the distribution functions (Kolmogorov and Smirnov); of categories 0.</param>
/// <param name="Chance">How probable so large a distance is without a change, all columns in mind (Holm) and rows that hang together counted for less.</param>
/// <param name="Missing">The share missing now.</param>
/// <param name="MissingBefore">The share that was missing.</param>
/// <param name="Unseen">The share of rows with a category, or beyond the range of numbers, that was never seen.</param>
public sealed record ColumnDrift(string Column, double Psi, double Ks, double Chance, double Missing, double MissingBefore, double Unseen, DriftSeverity Severity)
{
    public string InWords => string.Create(CultureInfo.InvariantCulture, $"{Column}: {Severity switch { DriftSeverity.Strong => "strong drift", DriftSeverity.Slight => "slight drift", _ => "no drift" }} (PSI {Psi:0.00}, missing {Missing:P0} against {MissingBefore:P0}, never seen {Unseen:P0})");
}

/// <summary>Compares columns with their reference, one by one.</summary>
internal static class ColumnDrifts
{
    private const int Tenths = 10;
    private const double Level = 0.01;

    /// <summary>The usual reading of the index: below 0.1 nothing, above 0.25 much (Siddiqi 2006).</summary>
    private const double SlightPsi = 0.1, StrongPsi = 0.25;

    private const double SlightMissing = 0.05, StrongMissing = 0.2;

    public static IReadOnlyList<ColumnDrift> Of(DriftReference reference, FeatureTable now)
    {
        var found = reference.Columns.Select((column, i) => Of(column, now.Columns[i])).ToArray();
        // Of many columns some move by chance: each must be the clearer (Holm 1979).
        var most = 0.0;
        foreach (var (at, place) in Enumerable.Range(0, found.Length).OrderBy(i => found[i].Chance).Select((at, place) => (at, place)))
        {
            most = Math.Max(most, Math.Min(1, found[at].Chance * (found.Length - place)));
            found[at] = found[at] with { Chance = most, Severity = SeverityOf(found[at] with { Chance = most }) };
        }
        return found;
    }

    private static DriftSeverity SeverityOf(ColumnDrift column)
    {
        if (column.Chance > Level)
            return DriftSeverity.None;
        var missing = Math.Abs(column.Missing - column.MissingBefore);
        return column.Psi > StrongPsi || missing > StrongMissing || column.Unseen > StrongMissing ? DriftSeverity.Strong
            : column.Psi > SlightPsi || missing > SlightMissing || column.Unseen > SlightMissing ? DriftSeverity.Slight : DriftSeverity.None;
    }

    private static ColumnDrift Of(ColumnReference before, FeatureColumn column)
    {
        var now = ColumnReference.Of(column);
        var missing = Proportions(before.MissingShare, before.Rows, now.MissingShare, now.Rows);
        if (now.Values.Count == 0 || before.Values.Count == 0)
            return new(before.Name, 0, 0, missing, now.MissingShare, before.MissingShare, 0, DriftSeverity.None);
        var (psi, ks, chance, unseen) = before.IsCategorical ? OfCategories(before, now) : OfNumbers(before, now, column.Values);
        // Either may tell; two tests, so each counts double.
        return new(before.Name, psi, ks, Math.Min(1, 2 * Math.Min(chance, missing)), now.MissingShare, before.MissingShare, unseen, DriftSeverity.None);
    }

    private static (double Psi, double Ks, double Chance, double Unseen) OfNumbers(ColumnReference before, ColumnReference now, float[] values)
    {
        var sorted = values.Where(value => !float.IsNaN(value)).Order().ToArray();
        float[] borders = [.. Enumerable.Range(1, Tenths - 1).Select(i => before.Values.Quantile((double)i / Tenths)).Distinct()];
        var old = Parts(before.Values.Shares(borders));
        var young = Parts([.. borders.Select(border => (double)UpTo(sorted, border) / sorted.Length)]);
        var distance = 0.0;
        var kept = before.Values.Weighted();
        var (sum, total) = (0L, kept.Sum(pair => pair.Weight));
        for (var i = 0; i < kept.Count; i++)
        {
            distance = Math.Max(distance, Math.Abs((double)sum / total - (double)Below(sorted, kept[i].Value) / sorted.Length));
            sum += kept[i].Weight;
            if (i + 1 == kept.Count || kept[i + 1].Value > kept[i].Value)
                distance = Math.Max(distance, Math.Abs((double)sum / total - (double)UpTo(sorted, kept[i].Value) / sorted.Length));
        }
        var outside = sorted.Count(value => value < before.Values.Least || value > before.Values.Most) / (double)sorted.Length;
        var (n, m) = (before.EffectiveRows, now.EffectiveRows);
        return (Psi(old, young, n, m), distance, Kolmogorov(Math.Max(0, distance - before.Values.RankError), n * m / (n + m)), outside);
    }

    private static (double Psi, double Ks, double Chance, double Unseen) OfCategories(ColumnReference before, ColumnReference now)
    {
        var all = before.Categories.Keys.Union(now.Categories.Keys).Order().ToArray();
        double[] old = [.. all.Select(one => before.Categories.GetValueOrDefault(one) / (double)before.Values.Count)], young = [.. all.Select(one => now.Categories.GetValueOrDefault(one) / (double)now.Values.Count)];
        var unseen = all.Where(one => !before.Categories.ContainsKey(one)).Sum(one => now.Categories[one]) / (double)now.Values.Count;
        // Pearson's chi-square of the two tables of counts.
        var (n, m, chi) = ((double)before.Values.Count, (double)now.Values.Count, 0.0);
        for (var i = 0; i < all.Length; i++)
        {
            var share = (old[i] * n + young[i] * m) / (n + m);
            chi += n * Math.Pow(old[i] - share, 2) / share + m * Math.Pow(young[i] - share, 2) / share;
        }
        var chance = all.Length < 2 ? 1 : 1 - MathNet.Numerics.Distributions.ChiSquared.CDF(all.Length - 1, chi);
        return (Psi(old, young, n, m), 0, chance, unseen);
    }

    /// <summary>Sum of (new - old) ln(new / old), half a row added to each part so that an empty one is finite, and less what chance alone adds on average.</summary>
    private static double Psi(double[] old, double[] young, double rowsOld, double rowsYoung)
    {
        var sum = 0.0;
        for (var i = 0; i < old.Length; i++)
        {
            var (before, now) = ((old[i] * rowsOld + 0.5) / (rowsOld + 0.5 * old.Length), (young[i] * rowsYoung + 0.5) / (rowsYoung + 0.5 * old.Length));
            sum += (now - before) * Math.Log(now / before);
        }
        // Without a change it is about chi-square with parts less one over the rows (Yurdakul 2018).
        return Math.Max(0, sum - (old.Length - 1) * (1 / rowsOld + 1 / rowsYoung));
    }

    private static double[] Parts(double[] shares) => [.. shares.Append(1).Select((share, i) => share - (i == 0 ? 0 : shares[i - 1]))];

    private static double Proportions(double one, double rowsOne, double other, double rowsOther)
    {
        var share = (one * rowsOne + other * rowsOther) / (rowsOne + rowsOther);
        var error = Math.Sqrt(share * (1 - share) * (1 / rowsOne + 1 / rowsOther));
        return error > 0 ? 2 * MathNet.Numerics.Distributions.Normal.CDF(0, 1, -Math.Abs(one - other) / error) : 1;
    }

    /// <summary>The chance of a distance at least so large; Stephens (1970) for small numbers.</summary>
    private static double Kolmogorov(double distance, double rows)
    {
        var at = (Math.Sqrt(rows) + 0.12 + 0.11 / Math.Sqrt(rows)) * distance;
        if (at < 0.2)
            return 1; // the series below needs many terms there, and is 1 to twelve digits
        var sum = 0.0;
        for (var i = 1; i <= 100; i++)
            sum += (i % 2 == 1 ? 2 : -2) * Math.Exp(-2.0 * i * i * at * at);
        return Math.Clamp(sum, 0, 1);
    }

    private static int UpTo(float[] sorted, float value)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] <= value)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static int Below(float[] sorted, float value) => UpTo(sorted, MathF.BitDecrement(value));
}
