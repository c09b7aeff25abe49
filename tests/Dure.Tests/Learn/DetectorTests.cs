using Dure.Kernel;
using Dure.Learn;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class DetectorTests
{
    public static TheoryData<string> Kinds => [.. MadeRecipes.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scoring_row_by_row_equals_scoring_at_once_and_resuming_in_the_middle(string kind)
    {
        var (recipe, rows) = (MadeRecipes.Named(kind), Healthy.Rows(600, seed: 1));
        var detector = recipe.Fit(rows.AsSpan(0, 300 * Healthy.Columns), Healthy.Columns);
        var following = rows.AsSpan(300 * Healthy.Columns);
        var batch = detector.Score(following);
        var stream = detector.Open();
        for (var row = 0; row < batch.Length; row++)
        {
            if (row == 150)
            {
                var resumed = detector.Open();
                resumed.Resume(stream.State);
                stream = resumed;
            }
            Assert.Equal(batch[row], stream.Score(following.Slice(row * Healthy.Columns, Healthy.Columns)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Contributions_sum_to_the_score(string kind)
    {
        var detector = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 2), Healthy.Columns);
        var contributions = new double[Healthy.Columns];
        Prop.ForAll<int>(seed =>
        {
            var row = Healthy.Rows(1, seed).Select(v => 3 * v).ToArray();
            var score = detector.Open().Score(row, contributions);
            return Math.Abs(contributions.Sum() - score) <= 1e-9 * Math.Max(1, Math.Abs(score));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_signal_that_moved_contributes_most_and_its_state_says_which_way(string kind)
    {
        var detector = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 3), Healthy.Columns);
        var (stream, contributions, score) = (detector.Open(), new double[Healthy.Columns], 0.0);
        var rows = Healthy.Rows(60, seed: 4);
        for (var row = 0; row < 60; row++)
        {
            rows[row * Healthy.Columns + 2] -= 8;
            score = stream.Score(rows.AsSpan(row * Healthy.Columns, Healthy.Columns), contributions);
        }
        Assert.True(score > 1);
        Assert.Equal(2, Array.IndexOf(contributions, contributions.Max()));
        Assert.True(stream.State[2] < -3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Changing_the_unit_of_a_signal_changes_no_score(string kind)
    {
        var rows = Healthy.Rows(500, seed: 5);
        var kelvin = rows.Select((v, i) => i % Healthy.Columns == 1 ? 1000 * v + 273.15 : v).ToArray();
        var (plain, scaled) = (Score(rows), Score(kelvin));
        for (var row = 0; row < plain.Length; row++)
            Assert.Equal(plain[row], scaled[row], 1e-6 * Math.Max(1, plain[row]));

        double[] Score(double[] all) => MadeRecipes.Named(kind).Fit(all.AsSpan(0, 300 * Healthy.Columns), Healthy.Columns).Score(all.AsSpan(300 * Healthy.Columns));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_rows_give_the_same_fit(string kind)
    {
        var rows = Healthy.Rows(450, seed: 6);
        var (a, b) = (MadeRecipes.Named(kind).Fit(rows, Healthy.Columns), MadeRecipes.Named(kind).Fit(rows, Healthy.Columns));
        Assert.Equal(a.Limit, b.Limit);
        Assert.Equal(a.Score(rows), b.Score(rows));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Missing_values_count_as_the_mean_and_are_counted(string kind)
    {
        var detector = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 7), Healthy.Columns);
        var row = Healthy.Rows(1, seed: 8);
        var (withHole, withMean) = (row.ToArray(), row.ToArray());
        withHole[3] = double.NaN;
        withMean[3] = detector.Scale.Mean[3];
        var stream = detector.Open();
        Assert.Equal(detector.Open().Score(withMean), stream.Score(withHole));
        Assert.Equal(1, stream.Missing);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_constant_signal_is_named_and_alarms_once_it_moves(string kind)
    {
        var rows = Healthy.Rows(400, seed: 9);
        for (var i = 1; i < rows.Length; i += Healthy.Columns)
            rows[i] = 32;
        var detector = MadeRecipes.Named(kind).Fit(rows, Healthy.Columns);
        Assert.Equal([1], detector.Scale.Constant);
        if (kind == "isolation-forest")
            return; // its trees never cut a signal that did not vary, so such a change is invisible to it
        var stream = detector.Open();
        double[] moved = [.. detector.Scale.Mean];
        moved[1] = 40;
        Assert.True(Enumerable.Range(0, 50).Max(_ => stream.Score(moved)) > 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fewer_rows_than_signals_and_two_are_refused_with_a_way_out(string kind)
    {
        var problem = Assert.Throws<ProblemException>(() => MadeRecipes.Named(kind).Fit(Healthy.Rows(Healthy.Columns + 1, seed: 1), Healthy.Columns)).Problem;
        Assert.Equal("urn:dure:learn:too-few-rows", problem.Type);
        Assert.Contains("longer commissioning run", problem.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_mostly_missing_signal_is_refused(string kind)
    {
        var rows = Healthy.Rows(400, seed: 10);
        for (var i = 0; i < rows.Length - 150 * Healthy.Columns; i += Healthy.Columns)
            rows[i] = double.NaN;
        Assert.Equal("urn:dure:learn:mostly-missing", Assert.Throws<ProblemException>(() => MadeRecipes.Named(kind).Fit(rows, Healthy.Columns)).Problem.Type);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scoring_allocates_nothing_per_row(string kind)
    {
        var stream = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 11), Healthy.Columns).Open();
        var (row, contributions) = (Healthy.Rows(1, seed: 12), new double[Healthy.Columns]);
        stream.Score(row, contributions);
        const int Rows = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rows; i++)
            stream.Score(row, contributions);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Rows); // the smallest object has 24 bytes; the runtime may compile the method anew meanwhile
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_infinite_reading_alarms_and_leaves_no_NaN_behind(string kind)
    {
        var stream = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 13), Healthy.Columns).Open();
        var row = Healthy.Rows(1, seed: 14);
        row[0] = double.PositiveInfinity;
        Assert.True(stream.Score(row) > 1);
        row[0] = 0;
        Assert.True(double.IsFinite(stream.Score(row)));
    }

    [Fact]
    public void A_row_of_another_width_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PcaMonitor().Fit(Healthy.Rows(100, 1), Healthy.Columns).Open().Score([1, 2]));
}
