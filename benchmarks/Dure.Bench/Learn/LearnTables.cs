using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Bench.Learn;

/// <summary>Rows for the benchmarks: the generated table, and public ones where they are at hand.</summary>
internal static class LearnTables
{
    private const int Inputs = 28;
    private const int PerRow = 40;

    /// <summary>SYN-28: SplitMix64 from seed 42, 40 numbers a row, the first 28 the inputs; the others together the noise, of deviation 1.</summary>
    public static (float[] Rows, float[] Labels) Made(int rows, long from)
    {
        var (inputs, labels) = (new float[(long)rows * Inputs], new float[rows]);
        Parallel.For(0, rows, row =>
        {
            Span<double> x = stackalloc double[PerRow];
            for (var i = 0; i < PerRow; i++)
                x[i] = Uniform((ulong)((from + row) * PerRow + i + 1));
            for (var i = 0; i < Inputs; i++)
                inputs[(long)row * Inputs + i] = (float)x[i];
            var noise = -6.0;
            for (var i = Inputs; i < PerRow; i++)
                noise += x[i];
            labels[row] = (float)(10 * Math.Sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] + 5 * x[4] + (x[5] > 0.7 && x[6] < 0.4 ? 8 : 0) + noise);
        });
        return (inputs, labels);
    }

    private static double Uniform(ulong number)
    {
        var z = unchecked(42 + number * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return ((z ^ (z >> 31)) >> 11) * Math.Pow(2, -53);
    }

    /// <summary>A public table as rows and labels.</summary>
    /// <param name="IsOrdered">The rows are in time: the last quarter judges.</param>
    public sealed record Table(string Name, LearningTask Task, string[] Columns, float[][] Rows, float[] Labels, bool IsOrdered)
    {
        /// <summary>Each row's engine, for rows that hang together; null: they stand alone.</summary>
        public int[]? Groups { get; init; }

        /// <summary>The rows that judge, where the table's makers say so; null: a quarter of them.</summary>
        public int[]? Test { get; init; }

        /// <summary>What is to be good.</summary>
        public Metric Metric => Metrics.Of(Task switch { { IsClassification: false } => "rmse", { Outputs: 1 } => "average-precision", _ => "macro-f1" });

        /// <summary>The task as the peers know it.</summary>
        public LearnTask TaskOf(int[] train, int[] test) =>
            new(Name, Task switch { { IsClassification: false } => "regression", { Outputs: 1 } => "binary", _ => "classes" }, Task.Classes.Count, Columns.Length, train.Length, test.Length);

        /// <summary>Writes a task with its rows.</summary>
        public void Write(LearnTask task, string folder, int[] train, int[] test) =>
            task.Write(folder, [.. train.SelectMany(row => Rows[row])], Array.ConvertAll(train, row => Labels[row]), [.. test.SelectMany(row => Rows[row])]);

        /// <summary>What is known of some rows.</summary>
        public SplitRows Known(int[] some) => new()
        {
            Count = some.Length,
            TimesMicros = IsOrdered ? Array.ConvertAll(some, row => (long)row) : null,
            Groups = Groups is { } groups ? Array.ConvertAll(some, row => groups[row]) : null,
            Classes = Task.IsClassification ? Array.ConvertAll(some, row => (int)Labels[row]) : null,
        };

        /// <summary>Rows to learn from and rows to judge by, for a seed.</summary>
        public (int[] Train, int[] Test) Part(int seed)
        {
            if (Test is { } fixedTest)
                return ([.. Enumerable.Range(0, Rows.Length).Except(fixedTest)], fixedTest);
            var rows = Known([.. Enumerable.Range(0, Rows.Length)]);
            var parts = new SplitPlan { Kind = IsOrdered ? SplitKind.Time : SplitKind.Random, ValidationShare = 0, TestShare = 0.25, Seed = seed }.Parts(rows);
            return (parts.Train, parts.Test);
        }
    }

    public static IEnumerable<Table> Public(string data)
    {
        var folder = Path.Combine(data, "learning");
        yield return Machines(Path.Combine(folder, "ai4i2020", "ai4i2020.csv"));
        yield return Plates(Path.Combine(folder, "steel_plates_faults"));
        yield return Energy(Path.Combine(folder, "steel_industry_energy"), 1);
        yield return Energy(Path.Combine(folder, "steel_industry_energy"), 96);
        yield return Engines(Path.Combine(folder, "cmapss_fd001"));
    }

    private static Table Machines(string file)
    {
        var lines = File.ReadLines(file).ToArray();
        var head = Cells(lines[0]);
        var rows = lines.Skip(1).Where(line => line.Length > 0).Select(Cells).ToArray();
        int at(string start) => Array.FindIndex(head, name => name.StartsWith(start, StringComparison.OrdinalIgnoreCase));
        int[] inputs = [at("Air temp"), at("Process temp"), at("Rotational"), at("Torque"), at("Tool wear")];
        return new("AI4I failures", LearningTask.Classification(["runs", "fails"]), ["type", .. inputs.Select(i => head[i])],
            [.. rows.Select(row => (float[])["LMH".IndexOf(row[at("Type")], StringComparison.Ordinal), .. inputs.Select(i => Number(row[i]))])], [.. rows.Select(row => Number(row[at("Machine failure")]))], false);
    }

    private static Table Plates(string folder)
    {
        const int inputs = 27;
        var file = Directory.GetFiles(folder, "*.csv")[0];
        var rows = File.ReadLines(file).Select(line => line.Split([',', '\t', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(row => row.Length >= inputs + 7 && row.All(cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _))).ToArray();
        return new("steel plates faults", LearningTask.Classification([.. Enumerable.Range(0, 7).Select(one => $"fault {one}")]), [.. Enumerable.Range(0, inputs).Select(i => $"x{i}")],
            [.. rows.Select(row => row.Take(inputs).Select(Number).ToArray())], [.. rows.Select(row => (float)Array.FindIndex(row[inputs..(inputs + 7)], cell => Number(cell) == 1))], false);
    }

    /// <summary>Usage some quarter hours ahead, from usage, reactive energy and power factor until now, and the calendar of the time that is asked for.</summary>
    private static Table Energy(string folder, int ahead)
    {
        var lines = File.ReadLines(Directory.GetFiles(folder, "*.csv")[0]).ToArray();
        var rows = lines.Skip(1).Where(line => line.Length > 0).Select(Cells).ToArray();
        var usage = rows.Select(row => Number(row[1])).ToArray();
        var (features, labels) = (new List<float[]>(), new List<float>());
        int[] lags = [0, 1, 2, 3, 4, 8, 96 - ahead % 96, 672 - ahead];
        for (var row = 672; row + ahead < rows.Length; row++)
        {
            float mean(int count) => usage.AsSpan(row - count + 1, count).ToArray().Average();
            var seconds = (Number(rows[row][6]) + 900 * ahead) % 86400;
            features.Add([.. lags.Select(lag => usage[row - lag]), mean(4), mean(12), mean(96), Number(rows[row][2]), Number(rows[row][3]), Number(rows[row][5]), seconds, (row + ahead) / 96 % 7,
                rows[(row + ahead)][7].StartsWith("Week", StringComparison.Ordinal) && !rows[row + ahead][7].StartsWith("Weekend", StringComparison.Ordinal) ? 1 : 0]);
            labels.Add(usage[row + ahead]);
        }
        return new($"steel energy {ahead} ahead", LearningTask.Regression, [.. Enumerable.Range(0, features[0].Length).Select(i => $"x{i}")], [.. features], [.. labels], true);
    }

    /// <summary>Cycles an engine has left, at most 125, from windows of 14 sensors; the last row of each engine that was cut off judges.</summary>
    private static Table Engines(string folder)
    {
        const int most = 125;
        int[] sensors = [2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21];
        var plan = FeatureSet.Parse(JsonNode.Parse("""
            {"version": 1, "features": ["*", {"kind": "mean", "of": "*", "rows": [5, 15, 30]}, {"kind": "sd", "of": "*", "rows": 30},
             {"kind": "minus", "of": {"kind": "mean", "of": "*", "rows": 5}, "by": {"kind": "baseline", "of": "*", "rows": 10}}, {"kind": "count"}]}
            """)!.AsObject()).Bind([.. sensors.Select(sensor => new FeatureSignal($"sensor{sensor}"))]);
        SignalRows[] read(string file) => [.. File.ReadLines(Path.Combine(folder, file)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).GroupBy(row => row[0], StringComparer.Ordinal)
            .Select(engine => engine.ToArray()).Select(rows => new SignalRows(rows[0][0], [.. rows.Select((_, cycle) => cycle * 1_000_000L)], [.. sensors.Select(sensor => rows.Select(row => (double)Number(row[4 + sensor])).ToArray())]))];
        var (failed, cut) = (read("train_FD001.txt"), read("test_FD001.txt"));
        var truth = File.ReadLines(Path.Combine(folder, "RUL_FD001.txt")).Select(line => Math.Min(most, Number(line.Trim()))).ToArray();
        var (learn, ask) = (plan.Compute(failed), plan.Compute(cut));
        var last = cut.Select((engine, i) => cut.Take(i + 1).Sum(each => each.TimesMicros.Length) - 1).ToArray();
        float[] row(FeatureTable table, int at)
        {
            var values = new float[table.Columns.Count];
            table.CopyRow(at, values);
            return values;
        }
        float[][] rows = [.. Enumerable.Range(0, learn.Rows).Select(at => row(learn, at)), .. last.Select(at => row(ask, at))];
        float[] labels = [.. failed.SelectMany(engine => Enumerable.Range(1, engine.TimesMicros.Length).Select(cycle => (float)Math.Min(most, engine.TimesMicros.Length - cycle))), .. truth];
        int[] groups = [.. failed.SelectMany((engine, number) => Enumerable.Repeat(number, engine.TimesMicros.Length)), .. cut.Select((_, number) => failed.Length + number)];
        return new("engines' remaining life", LearningTask.Regression, [.. plan.Features.Select(feature => feature.Name)], rows, labels, false) { Groups = groups, Test = [.. Enumerable.Range(learn.Rows, cut.Length)] };
    }

    private static string[] Cells(string line) => [.. line.Split(',').Select(cell => cell.Trim().Trim('"'))];

    private static float Number(string cell) => float.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
