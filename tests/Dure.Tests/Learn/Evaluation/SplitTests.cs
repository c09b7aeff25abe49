using Dure.Kernel;
using Dure.Learn.Evaluation;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>What splits promise: those who judge have nothing in common with those who teach.</summary>
public sealed class SplitTests
{
    private const long Minute = 60_000_000;

    private static long[] Every(int rows, long step = Minute) => [.. Enumerable.Range(0, rows).Select(row => row * step)];

    [Fact]
    public void Every_training_row_is_older_than_every_later_row_by_the_gap()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var times = Enumerable.Range(0, random.Next(60, 300)).Select(_ => random.Next(400) * Minute).ToArray();
            var plan = new SplitPlan { Kind = SplitKind.Time, Window = TimeSpan.FromMinutes(random.Next(10)), Horizon = TimeSpan.FromMinutes(random.Next(10)) };
            var parts = plan.Parts(new() { Count = times.Length, TimesMicros = times });
            var gap = (plan.Window + plan.Horizon).Ticks / 10;
            bool apart(int[] old, int[] young) => old.Max(row => times[row]) < young.Min(row => times[row]) && young.Min(row => times[row]) - old.Max(row => times[row]) >= gap;
            return apart(parts.Train, parts.Validation) && apart(parts.Validation, parts.Test);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_gap_shorter_than_what_rows_look_back_and_ahead_is_refused()
    {
        var plan = new SplitPlan { Kind = SplitKind.Time, Window = TimeSpan.FromMinutes(30), Horizon = TimeSpan.FromMinutes(10), Gap = TimeSpan.FromMinutes(39) };
        Assert.Contains("gap", Refusal(() => plan.Parts(new() { Count = 100, TimesMicros = Every(100) })), StringComparison.Ordinal);
    }

    [Fact]
    public void Folds_by_time_learn_from_the_past_alone_and_judge_each_row_once_at_most()
    {
        var rows = new SplitRows { Count = 200, TimesMicros = Every(200) };
        var folds = new SplitPlan { Kind = SplitKind.Time, Horizon = TimeSpan.FromMinutes(5) }.Folds(rows, 4);
        Assert.All(folds, fold => Assert.True(fold.Train[^1] <= fold.Test[0] - 5));
        Assert.Equal(160, folds.SelectMany(fold => fold.Test).Distinct().Count());
        Assert.Equal(160, folds.Sum(fold => fold.Test.Length));
    }

    [Theory]
    [InlineData(SplitKind.Group)]
    [InlineData(SplitKind.Random)]
    public void Parts_and_folds_share_no_row_and_leave_none_out(SplitKind kind)
    {
        var random = new Random(3);
        var rows = new SplitRows { Count = 300, Groups = kind == SplitKind.Group ? [.. Enumerable.Range(0, 300).Select(_ => random.Next(20))] : null };
        var plan = new SplitPlan { Kind = kind, Seed = 5 };
        var parts = plan.Parts(rows);
        Assert.Equal(Enumerable.Range(0, 300), parts.Train.Concat(parts.Validation).Concat(parts.Test).Order());
        Assert.Equal(Enumerable.Range(0, 300), plan.Folds(rows, 10).SelectMany(fold => fold.Test).Order());
    }

    [Fact]
    public void No_group_is_on_two_sides()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var groups = Enumerable.Range(0, 200).Select(_ => random.Next(random.Next(6, 30))).ToArray();
            var rows = new SplitRows { Count = 200, Groups = groups, Classes = [.. groups.Select(_ => random.Next(2))] };
            var plan = new SplitPlan { Kind = SplitKind.Group, Seed = seed };
            return plan.Folds(rows, 3).Append(plan.Parts(rows)).All(parts =>
                !Of(parts.Train).Overlaps(Of(parts.Test)) && !Of(parts.Validation).Overlaps(Of(parts.Test)) && !Of(parts.Train).Overlaps(Of(parts.Validation)));
            HashSet<int> Of(int[] part) => [.. part.Select(row => groups[row])];
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Each_group_is_cut_by_its_own_time()
    {
        var (groups, times) = (Enumerable.Range(0, 300).Select(row => row % 3).ToArray(), Enumerable.Range(0, 300).Select(row => (row / 3 + 1000 * (row % 3)) * Minute).ToArray());
        var parts = new SplitPlan { Kind = SplitKind.TimeWithinGroup, Horizon = TimeSpan.FromMinutes(3) }.Parts(new() { Count = 300, Groups = groups, TimesMicros = times });
        for (var group = 0; group < 3; group++)
            Assert.True(parts.Train.Where(row => groups[row] == group).Max(row => times[row]) <= parts.Validation.Where(row => groups[row] == group).Min(row => times[row]) - 3 * Minute);
        Assert.Equal(3, parts.Test.Select(row => groups[row]).Distinct().Count());
    }

    [Fact]
    public void Rows_near_a_judged_stretch_do_not_teach()
    {
        var rows = new SplitRows { Count = 400, TimesMicros = Every(400) };
        var plan = new SplitPlan { Kind = SplitKind.Blocked, Window = TimeSpan.FromMinutes(4), Horizon = TimeSpan.FromMinutes(1), Embargo = TimeSpan.FromMinutes(3) };
        foreach (var parts in plan.Folds(rows, 5).Append(plan.Parts(rows)))
            foreach (var row in parts.Train)
            {
                Assert.DoesNotContain(parts.Test.Concat(parts.Validation), judged => judged >= row && judged - row < 5);
                Assert.DoesNotContain(parts.Test.Concat(parts.Validation), judged => judged < row && row - judged < 8);
            }
        Assert.Equal(400, plan.Folds(rows, 5).Sum(fold => fold.Test.Length));
    }

    [Fact]
    public void Classes_have_the_same_share_in_each_fold()
    {
        var classes = Enumerable.Range(0, 1000).Select(row => row % 30 == 0 ? 1 : 0).ToArray(); // 34 of 1000
        var folds = new SplitPlan { Kind = SplitKind.Random, Seed = 1 }.Folds(new() { Count = 1000, Classes = classes }, 10);
        Assert.All(folds, fold => Assert.InRange(fold.Test.Count(row => classes[row] == 1), 3, 4));
        Assert.All(folds, fold => Assert.Equal(100, fold.Test.Length));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Rows_with_a_time_or_a_group_are_not_split_at_random_unless_a_reason_is_written(bool hasTime, bool hasGroup)
    {
        var rows = new SplitRows { Count = 100, TimesMicros = hasTime ? Every(100) : null, Groups = hasGroup ? [.. Enumerable.Range(0, 100).Select(row => row % 9)] : null };
        var plan = new SplitPlan { Kind = SplitKind.Random };
        Assert.Contains("must not be split at random", Refusal(() => plan.Parts(rows)), StringComparison.Ordinal);
        Assert.Contains("must not be split at random", Refusal(() => (plan with { RandomBecause = "ok" }).Parts(rows)), StringComparison.Ordinal);
        var allowed = (plan with { RandomBecause = "The rows are independent draws of a simulation." }).Parts(rows);
        Assert.Contains(allowed.Notes, note => note.Contains("independent draws of a simulation", StringComparison.Ordinal));
    }

    [Fact]
    public void Inner_folds_stay_inside_the_training_rows_of_their_outer_fold()
    {
        var rows = new SplitRows { Count = 240, Groups = [.. Enumerable.Range(0, 240).Select(row => row % 24)] };
        foreach (var fold in new SplitPlan { Kind = SplitKind.Group }.Nested(rows, 4, 3))
        {
            Assert.Equal(fold.Outer.Train, fold.Inner.SelectMany(inner => inner.Test).Order());
            Assert.All(fold.Inner, inner => Assert.Empty(inner.Train.Intersect(fold.Outer.Test)));
        }
    }

    [Fact]
    public void The_same_plan_gives_the_same_parts_and_another_seed_gives_others()
    {
        var rows = new SplitRows { Count = 500, Classes = [.. Enumerable.Range(0, 500).Select(row => row % 4)] };
        var plan = new SplitPlan { Kind = SplitKind.Random, Seed = 8 };
        Assert.Equal(plan.Parts(rows).Test, plan.Parts(rows).Test);
        Assert.NotEqual(plan.Parts(rows).Test, (plan with { Seed = 9 }).Parts(rows).Test);
    }

    [Fact]
    public void What_cannot_be_judged_is_refused_in_words()
    {
        static SplitRows grouped(int groups) => new() { Count = 60, Groups = [.. Enumerable.Range(0, 60).Select(row => row % groups)] };
        Assert.Contains("2 groups", Refusal(() => new SplitPlan { Kind = SplitKind.Group }.Parts(grouped(2))), StringComparison.Ordinal);
        Assert.Contains("5 groups for 10 folds", Refusal(() => new SplitPlan { Kind = SplitKind.Group }.Folds(grouped(5), 10)), StringComparison.Ordinal);
        Assert.Contains("but have none", Refusal(() => new SplitPlan { Kind = SplitKind.Time }.Parts(new() { Count = 60 })), StringComparison.Ordinal);
        Assert.Contains("class 1", Refusal(() => new SplitPlan { Kind = SplitKind.Time }.Parts(new() { Count = 60, TimesMicros = Every(60), Classes = [.. Enumerable.Range(0, 60).Select(row => row < 20 ? 0 : 1)] })), StringComparison.Ordinal);
        Assert.Contains("No row is left for training", Refusal(() => new SplitPlan { Kind = SplitKind.Time, Horizon = TimeSpan.FromDays(1) }.Parts(new() { Count = 60, TimesMicros = Every(60) })), StringComparison.Ordinal);
        Assert.Contains("59 times for 60 rows", Refusal(() => new SplitPlan { Kind = SplitKind.Time }.Parts(new() { Count = 60, TimesMicros = Every(59) })), StringComparison.Ordinal);
        Assert.Contains("1 rows", Refusal(() => new SplitPlan { Kind = SplitKind.Random }.Parts(new() { Count = 1 })), StringComparison.Ordinal);
        Assert.Contains("leave no rows", Refusal(() => new SplitPlan { TestShare = 0.9, ValidationShare = 0.1 }.Parts(new() { Count = 60, TimesMicros = Every(60) })), StringComparison.Ordinal);
    }

    private static string Refusal(Func<object> act) => Assert.Throws<ProblemException>(act).Message;
}
