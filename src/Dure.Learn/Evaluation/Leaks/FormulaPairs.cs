using System.Globalization;

namespace Dure.Learn.Evaluation;

/// <summary>Searches products of two terms, where a term is a function of one column or a sum or difference of two.</summary>
internal static class FormulaPairs
{
    /// <summary>So few rows tell most candidates from a formula.</summary>
    private const int FirstRows = 64;

    /// <summary>With more columns sums and differences are too many to try.</summary>
    private const int MostForSums = 14;

    private const double LeastShare = 0.4;

    /// <summary>A row fits when it is so near, in parts of how far the target spreads; of a slow series, how far its changes do.</summary>
    private const double Near = 0.01;

    private sealed record Term(string Text, int[] Columns, double[] Values);

    /// <param name="rough">How far the target's changes spread against itself, at most 1.</param>
    public static Formula? Of((string Name, double[] Values)[] columns, double[] y, double rough, CancellationToken cancel)
    {
        var terms = Terms(columns);
        var first = Evenly(y);
        var near = Near * rough * FormulaLeaks.Spread(y);
        Span<double> ratios = stackalloc double[FirstRows];
        for (var i = 0; i < terms.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            for (var j = i; j < terms.Count; j++)
            {
                var (a, b) = (terms[i], terms[j]);
                // A term alone is the single columns' matter, but for sums of two.
                if (i == j ? a.Columns.Length < 2 : a.Columns.Any(b.Columns.Contains))
                    continue;
                var other = i == j ? null : b.Values;
                if (Factor(a.Values, other, y, first, ratios) is { } factor && Check(a.Values, other, y, factor, near) is { } share)
                    return new([.. a.Columns.Concat(i == j ? [] : b.Columns).Select(column => columns[column].Name).Distinct()],
                        string.Create(CultureInfo.InvariantCulture, $"target = {factor:0.####} · {a.Text}{(i == j ? "" : $" · {b.Text}")}"), share);
            }
        }
        return null;
    }

    private static List<Term> Terms((string Name, double[] Values)[] columns)
    {
        var terms = new List<Term>();
        for (var i = 0; i < columns.Length; i++)
        {
            var (name, values) = columns[i];
            void add(string text, Func<double, double> of) => terms.Add(new(string.Format(CultureInfo.InvariantCulture, text, name), [i], Array.ConvertAll(values, value => of(value))));
            add("{0}", value => value);
            add("1/{0}", value => 1 / value);
            add("{0}²", value => value * value);
            add("1/{0}²", value => 1 / (value * value));
            add("√{0}", Math.Sqrt);
            add("log {0}", Math.Log);
            // What lies between 0 and 1, or 0 and 100, may be a power factor: the cosine of an angle.
            var most = values.Where(double.IsFinite).Max();
            if (values.Where(double.IsFinite).Min() >= 0 && most is > 0.5 and <= 1 or > 50 and <= 100)
            {
                var unit = most > 1 ? 100 : 1;
                add("1/tan(acos {0})", value => 1 / Math.Tan(Math.Acos(value / unit)));
                add("tan(acos {0})", value => Math.Tan(Math.Acos(value / unit)));
                add("1/sin(acos {0})", value => 1 / Math.Sin(Math.Acos(value / unit)));
                add("sin(acos {0})", value => Math.Sin(Math.Acos(value / unit)));
            }
        }
        if (columns.Length > MostForSums)
            return terms;
        for (var i = 0; i < columns.Length; i++)
            for (var j = i + 1; j < columns.Length; j++)
            {
                void add(string text, Func<double, double, double> of) => terms.Add(new(string.Format(CultureInfo.InvariantCulture, text, columns[i].Name, columns[j].Name), [i, j], [.. columns[i].Values.Zip(columns[j].Values, of)]));
                add("({0} + {1})", (a, b) => a + b);
                add("({0} - {1})", (a, b) => a - b);
                add("1/({0} + {1})", (a, b) => 1 / (a + b));
                add("1/({0} - {1})", (a, b) => 1 / (a - b));
                add("√({0}² + {1}²)", (a, b) => Math.Sqrt(a * a + b * b));
            }
        return terms;
    }

    /// <summary>Rows whose targets are as far apart as can be: a formula must hold for small and large alike.</summary>
    private static int[] Evenly(double[] y)
    {
        var order = Enumerable.Range(0, y.Length).Where(row => y[row] != 0).OrderBy(row => y[row]).ToArray();
        return order.Length <= FirstRows ? order : [.. Enumerable.Range(0, FirstRows).Select(i => order[(int)((long)i * order.Length / FirstRows)])];
    }

    /// <summary>The factor that most of a few rows share within two parts in a hundred; null: there is none.</summary>
    private static double? Factor(double[] a, double[]? b, double[] y, int[] rows, Span<double> ratios)
    {
        var count = 0;
        foreach (var row in rows)
            if (y[row] / (b is null ? a[row] : a[row] * b[row]) is var ratio && double.IsFinite(ratio) && ratio != 0)
                ratios[count++] = ratio;
        var needed = (int)(LeastShare * rows.Length);
        if (count < needed || needed < 4)
            return null;
        var sorted = ratios[..count];
        sorted.Sort();
        var (best, at) = (0, 0);
        for (int low = 0, high = 0; low < count; low++)
        {
            while (high < count && sorted[high] - sorted[low] <= 0.02 * Math.Abs(sorted[low]))
                high++;
            if (high - low > best)
                (best, at) = (high - low, low);
        }
        return best >= needed ? sorted[at + best / 2] : null;
    }

    /// <summary>The share of all rows that the formula meets; null: too few, or only such as say nothing.</summary>
    private static double? Check(double[] a, double[]? b, double[] y, double factor, double near)
    {
        var kept = new List<int>();
        for (var row = 0; row < y.Length; row++)
            if (Math.Abs(y[row] - factor * (b is null ? a[row] : a[row] * b[row])) <= near)
                kept.Add(row);
        // Rows that are all near one value fit any formula of about that size.
        int[] rows = [.. kept];
        return kept.Count >= LeastShare * y.Length && FormulaLeaks.IsTelling(y, rows) && FormulaLeaks.Spread([.. rows.Select(row => y[row])]) > 20 * near ? (double)kept.Count / y.Length : null;
    }
}
