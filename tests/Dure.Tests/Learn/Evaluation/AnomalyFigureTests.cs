using Dure.Kernel;
using Dure.Learn;
using Dure.Learn.Evaluation;
using Xunit;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>What figures for alarms promise: they count events as people do, and chance does not look like skill.</summary>
public sealed class AnomalyFigureTests
{
    private static bool[] Marks(string rows) => [.. rows.Select(row => row == '#')];

    private static ScoredMachine Machine(string truth, string alarms) =>
        new(new("press", "all", [.. Enumerable.Range(0, truth.Length).Select(row => row * 1_000_000L)], Marks(truth), Marks(alarms)), [.. alarms.Select(row => row == '#' ? 1.0 : 0)]);

    private static double Of(string figure, params ScoredMachine[] machines) => AnomalyJudging.Of("detector", machines, 1, bufferRows: 4).Of(figure)!.Value.Value;

    [Fact]
    public void Events_are_found_by_any_alarm_and_false_runs_count_once()
    {
        var machine = Machine("..####....###..........", "....##........##..###.#");
        Assert.Equal(0.5, Of("events-found", machine), 12);
        Assert.Equal(2 * 0.25 * 0.5 / 0.75, Of("event-f1", machine), 12); // one of four runs is right
        Assert.Equal(2, Of("mean-delay-seconds", machine), 12);
        Assert.Equal(0.5 * 0.5, Of("range-recall", machine), 12);
        Assert.Equal(0.25, Of("range-precision", machine), 12);
    }

    [Fact]
    public void An_event_found_in_pieces_counts_for_less()
    {
        Assert.Equal(0.5, Of("range-recall", Machine("..####..", "..##....")), 12);
        Assert.Equal(0.25, Of("range-recall", Machine("..####..", "..#.#...")), 12);
    }

    [Fact]
    public void Nearness_is_one_at_the_event_and_about_half_by_chance()
    {
        Assert.Equal(1, Of("affiliation-precision", Machine("....##....", "....##....")), 12);
        Assert.Equal(1, Of("affiliation-recall", Machine("....##....", "....##....")), 12);
        Assert.Equal(1 - 8.0 / 10, Of("affiliation-precision", Machine("....##....", ".........#")), 12); // 8 of 10 rows are nearer than 4
        Assert.Equal((1 - 3.0 / 10 + 1 - 1.0 / 10) / 2, Of("affiliation-recall", Machine("....##....", "......#...")), 12);
        Assert.Equal(0, Of("affiliation-recall", Machine("....##....", "..........")), 12);
    }

    [Fact]
    public void The_benchmarks_score_is_100_for_the_first_row_of_each_window_and_0_for_silence()
    {
        var truth = new string('.', 40) + "##########" + new string('.', 30) + "##########" + new string('.', 10);
        Assert.Equal(100, Of("nab", Machine(truth, new string('.', 40) + "#" + new string('.', 39) + "#" + new string('.', 19))), 9);
        Assert.Equal(0, Of("nab", Machine(truth, new string('.', 100))), 12);
        var late = Of("nab", Machine(truth, new string('.', 49) + "#" + new string('.', 30) + "#" + new string('.', 19)));
        Assert.InRange(late, 60, 95); // the last row of one window still counts, for less
        Assert.Equal(100 - 100 * 0.11 / 4, Of("nab", Machine(truth, new string('.', 20) + "#" + new string('.', 19) + "#" + new string('.', 39) + "#" + new string('.', 19))), 9);
    }

    [Fact]
    public void The_volume_is_one_for_a_perfect_score_without_border_and_the_share_of_events_for_a_constant()
    {
        var machine = Machine("....####....", "....####....");
        Assert.Equal(1, AnomalyJudging.Of("d", [machine], 1, bufferRows: 0).Of("vus-pr")!.Value.Value, 12);
        Assert.Equal(4.0 / 12, AnomalyJudging.Of("d", [machine with { Scores = new double[12] }], 1, bufferRows: 0).Of("vus-pr")!.Value.Value, 12);
        var near = machine with { Scores = [0, 0, 0, 2, 3, 3, 3, 3, 2, 0, 0, 0] };
        Assert.True(Of("vus-pr", near) > Of("vus-pr", machine with { Scores = [0, 2, 0, 0, 3, 3, 3, 3, 0, 0, 2, 0] }));
    }

    [Fact]
    public void Chance_stays_near_its_share_of_events_where_point_adjustment_would_make_it_look_good()
    {
        var random = new Random(7);
        var machines = Enumerable.Range(0, 30).Select(_ =>
        {
            var truth = Enumerable.Range(0, 1000).Select(row => row is >= 400 and < 460).ToArray();
            double[] scores = [.. truth.Select(_ => random.NextDouble())];
            return new ScoredMachine(new("m", "all", [.. Enumerable.Range(0, 1000).Select(row => row * 1_000_000L)], truth, [.. scores.Select(score => score > 0.94)]), scores);
        }).ToArray();
        var judged = AnomalyJudging.Of("chance", machines, 1);
        Assert.InRange(judged.Of("point-f1")!.Value.Value, 0.03, 0.09);
        Assert.InRange(judged.Of("vus-pr")!.Value.Value, 0.04, 0.14);
        Assert.Equal(["chance", "never", "always", "random, same rate"], judged.Lines.Select(line => line.Name));
        Assert.True(judged.Of("point-f1")!.Value.Low < judged.Of("point-f1")!.Value.High);
    }

    [Fact]
    public void What_is_not_defined_says_so_and_what_cannot_be_judged_is_refused()
    {
        var quiet = AnomalyJudging.Of("d", [Machine("......", "......")], 1);
        Assert.All((string[])["events-found", "range-precision", "vus-pr", "nab"], figure => Assert.Contains("not defined", quiet.Of(figure)!.Note, StringComparison.Ordinal));
        var machine = Machine("..##..", "..##..");
        Assert.Throws<ProblemException>(() => AnomalyJudging.Of("d", [machine with { Scores = [1] }], 1));
        Assert.Throws<ProblemException>(() => AnomalyJudging.Of("d", [machine with { Scores = [0, 1, double.NaN, 0, 0, 0] }], 1));
        Assert.Throws<ProblemException>(() => AnomalyJudging.Of("d", [], 1));
    }
}
