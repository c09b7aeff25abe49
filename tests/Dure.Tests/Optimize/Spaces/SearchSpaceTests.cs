using System.Globalization;
using System.Text.Json;
using Dure.Kernel;
using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Optimize.Spaces;

public sealed class SearchSpaceTests
{
    private static readonly Factor Temperature = Factor.Number("temperature", "Cel", 20, 120);
    private static readonly Factor Solvent = Factor.Choice("solvent", "water", "ether", "toluene");
    private static readonly Factor Base = Factor.Choice("base", "none", "NaOH");
    private static readonly Factor Drops = Factor.Whole("drops", "1", 1, 20);
    private static readonly Factor Speed = Factor.Levels("speed", "/min", 100, 250, 600);
    private static readonly Constraint NoHotEther = Constraint.Forbidden("no hot ether", Condition.Is("solvent", "ether"), Condition.Above("temperature", 34.6));

    private static SearchSpace Bench() => new([Temperature, Solvent, Base, Drops, Speed],
        [NoHotEther, Constraint.Forbidden("no base in toluene", Condition.Is("solvent", "toluene"), Condition.Is("base", "NaOH")),
            Constraint.Linear("heat", [new Term("temperature", 1), new Term("drops", 2)], Relation.AtMost, 130, "W")]);

    private static SearchSpace Paint(int atMost, double leastAmount, params Constraint[] more)
    {
        string[] parts = ["a", "b", "c", "d", "e"];
        return new SearchSpace([.. parts.Select(part => Factor.Number(part, "%", 0, 80))], [Constraint.Mixture("paint", parts, 100, 2, atMost, leastAmount), .. more]);
    }

    private static ProblemException Refused(Action make) => Assert.Throws<ProblemException>(make);

    [Fact]
    public void A_violation_names_the_constraint_by_how_much_and_how_to_mend_it()
    {
        var space = Bench();
        Assert.Empty(space.Check([80, 0, 1, 5, 250]));
        var hot = Assert.Single(space.Check([80, 1, 0, 5, 250]));
        Assert.Equal("no hot ether", hot.Constraint);
        Assert.Contains("temperature = 80 Cel", hot.What, StringComparison.Ordinal);
        var heat = Assert.Single(space.Check([120, 0, 0, 10, 250]));
        Assert.Equal(("heat", 10), (heat.Constraint, Math.Round(heat.By, 9)));
        Assert.Contains("W", heat.What, StringComparison.Ordinal);
        Assert.Contains("down by 10 W", heat.Mend, StringComparison.Ordinal);
        var wrong = space.Check([121, 7, 0.5, 5.5, 300]);
        Assert.Equal(["temperature", "solvent", "base", "drops", "speed"], wrong.Select(violation => violation.Constraint));
        Assert.Equal(["Take 5 or 6.", "Take 250 /min or 600 /min."], wrong.Skip(3).Select(violation => violation.Mend));
        Assert.NotEmpty(space.Check([double.NaN, 0, 0, 5, 250]));
        Assert.False(space.Contains([80, double.NaN, 0, 5, 250]));
        Assert.False(space.Contains([double.PositiveInfinity, 0, 0, 5, 250]));
    }

    [Fact]
    public void The_forbidden_side_starts_above_the_limit() =>
        Assert.Equal((true, false), (Bench().Contains([34.6, 1, 0, 5, 250]), Bench().Contains([Math.BitIncrement(34.6), 1, 0, 5, 250])));

    [Fact]
    public void Parts_are_counted_and_measured()
    {
        var space = Paint(3, leastAmount: 5);
        Assert.True(space.Contains([50, 50, 0, 0, 0]));
        Assert.Equal("4 parts are present, allowed are 2 to 3.", Assert.Single(space.Check([25, 25, 25, 25, 0])).What);
        Assert.Equal(1, Assert.Single(space.Check([60, 36, 4, 0, 0])).By, 1e-12);
        Assert.Equal(0.5, Assert.Single(space.Check([50, 50.5, 0, 0, 0])).By, 1e-12);
        Assert.True(space.Contains([50, 50 + 9e-8, 0, 0, 0]));
        Assert.False(space.Contains([50, 50 + 1.1e-7, 0, 0, 0]));
    }

    [Fact]
    public void A_contradiction_names_only_what_contradicts()
    {
        string[] parts = ["a", "b", "c"];
        var problem = Refused(() => _ = new SearchSpace([.. parts.Select(part => Factor.Number(part, "g", 0, 10)), Temperature],
            [Constraint.Linear("fine", [new Term("temperature", 1)], Relation.AtLeast, 30, "Cel"), Constraint.Mixture("sum", parts, 12),
                Constraint.Linear("little a", [new Term("a", 1)], Relation.AtMost, 3), Constraint.Linear("little b and c", [new Term("b", 1), new Term("c", 1)], Relation.AtMost, 8),
                Constraint.Linear("also fine", [new Term("a", 1), new Term("temperature", 1)], Relation.AtMost, 100)])).Problem;
        Assert.Equal("urn:dure:optimize:contradiction", problem.Type);
        Assert.Equal("No point keeps all of: 'sum'; 'little a'; 'little b and c'.", problem.What);
    }

    [Fact]
    public void A_range_that_takes_part_in_a_contradiction_is_named()
    {
        var problem = Refused(() => _ = new SearchSpace([Factor.Number("a", "g", 0, 3), Factor.Number("b", "g", 0, 4), Factor.Number("c", "g", 0, 5)],
            [Constraint.Linear("much", [new Term("a", 1), new Term("b", 1)], Relation.AtLeast, 8, "g"), Constraint.Linear("c", [new Term("c", 1)], Relation.AtLeast, 1)])).Problem;
        Assert.Equal("No point keeps all of: 'much'; 'a' at most 3 g; 'b' at most 4 g.", problem.What);
    }

    [Fact]
    public void Whole_numbers_that_cannot_meet_a_sum_are_found_out()
    {
        var problem = Refused(() => _ = new SearchSpace([Factor.Whole("n", "1", 0, 50), Factor.Whole("m", "1", 0, 50)],
            [Constraint.Linear("odd", [new Term("n", 2), new Term("m", 4)], Relation.Equal, 31)])).Problem;
        Assert.Equal("urn:dure:optimize:contradiction", problem.Type);
        Assert.StartsWith("No point keeps all of: 'odd'", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pin_that_forbids_everything_is_named()
    {
        var space = Bench().Pinned("solvent", "ether");
        var problem = Refused(() => space.Pinned("temperature", 80)).Problem;
        Assert.Equal("No point keeps all of: 'no hot ether'; 'temperature' held at 80 Cel; the options allowed of 'solvent'.", problem.What);
    }

    [Fact]
    public void A_space_that_cannot_be_decided_within_the_bound_says_so()
    {
        // Twice a sum of whole numbers is never odd, which no halving of ranges shows before each number is fixed.
        var names = Enumerable.Range(0, 12).Select(i => $"n{i}").ToArray();
        var problem = Refused(() => _ = new SearchSpace([.. names.Select(name => Factor.Whole(name, "1", 0, 100))],
            [Constraint.Linear("odd", [.. names.Select(name => new Term(name, 2))], Relation.Equal, 601)])).Problem;
        Assert.Equal("urn:dure:optimize:undecided-space", problem.Type);
    }

    [Fact]
    public void Any_numbers_are_checked_without_a_fault_and_repaired() =>
        Prop.ForAll<double, double, double>((a, b, c) =>
        {
            var space = Bench();
            double[] point = [a, b, c, a * b, c];
            var repaired = space.Repair(point);
            return space.Contains(point) == (space.Check(point).Count == 0) && IndependentCheck.Fault(space.Factors, space.Constraints, repaired) is null
                && space.Repair(repaired).SequenceEqual(repaired);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Forbidden_combinations_that_leave_nothing_are_found_out()
    {
        var problem = Refused(() => _ = new SearchSpace([Solvent, Base, Drops],
            [Constraint.Forbidden("one", Condition.Is("solvent", "water", "ether")), Constraint.Forbidden("two", Condition.Is("base", "none")),
                Constraint.Forbidden("three", Condition.Is("base", "NaOH"), Condition.Is("solvent", "toluene")), Constraint.Forbidden("other", Condition.At("drops", 5))])).Problem;
        Assert.Equal("No point keeps all of: 'one'; 'two'; 'three'.", problem.What);
    }

    [Fact]
    public void Pins_and_narrower_ranges_hold_for_all_points()
    {
        var space = Bench().Pinned("temperature", 80).Narrowed("drops", 3.5, 9).Allowing("solvent", "water", "toluene").Narrowed("speed", 200, 600);
        foreach (var point in space.Sample(200, new Random(1)))
        {
            Assert.Equal(80, point[0]);
            Assert.NotEqual(1, point[1]);
            Assert.InRange(point[3], 4, 9);
            Assert.NotEqual(100, point[4]);
            var next = space.Step(point, new Random((int)point[3]), 0.5);
            Assert.Empty(space.Check(next));
            Assert.Empty(Bench().Check(next));
        }
        Assert.Equal(space.Coding.Columns, Bench().Coding.Columns);
        var (narrow, wide) = (new double[5], new double[5]);
        space.Encode([80, 0, 0, 5, 250], narrow);
        Bench().Encode([80, 0, 0, 5, 250], wide);
        Assert.Equal(wide, narrow);
        Assert.Contains("beyond its range of 4 to 9", Refused(() => space.Narrowed("drops", 1, 9)).Message, StringComparison.Ordinal);
        Assert.Contains("water, toluene", Refused(() => space.Pinned("solvent", "ether")).Message, StringComparison.Ordinal);
        Assert.Contains("no factor 'colour'", Refused(() => space.Pinned("colour", 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Candidates_are_the_only_points()
    {
        double[][] rows = [[30, 0, 0, 5, 100], [90, 1, 0, 5, 100], [60, 2, 0, 9, 600], [60, 0, 1, 9, 250]];
        var space = new SearchSpace([Temperature, Solvent, Base, Drops, Speed], [NoHotEther], rows);
        Assert.Equal(3, space.Sample(200, new Random(2)).Select(point => point[0] + point[1]).Distinct().Count());
        Assert.Equal("candidates", Assert.Single(space.Check([31, 0, 0, 5, 100])).Constraint);
        Assert.Equal(rows[3], space.Repair([61, 0, 1, 8, 250]));
        Assert.Contains(space.Step(rows[0], new Random(1), 1)[0], new double[] { 30, 60 });
        Assert.Equal(0, space.Chord(rows[0], [1, 0, 0, 0, 0]).Longest);
        Assert.Equal(Math.Log10(3), space.Log10Count(), 1e-12);
        Assert.Single(space.Pinned("solvent", "toluene").Sample(9, new Random(1)).Select(point => point[0]).Distinct());
        Assert.Equal("urn:dure:optimize:contradiction", Refused(() => space.Pinned("temperature", 33)).Problem.Type);
    }

    [Fact]
    public void Values_come_and_go_by_name()
    {
        var space = Bench();
        var values = new Dictionary<string, object?>(StringComparer.Ordinal) { ["temperature"] = "353.15 K", ["solvent"] = "toluene", ["base"] = "none", ["drops"] = 7, ["speed"] = "250" };
        var point = space.Read(values);
        Assert.Equal([80, 2, 0, 7, 250], point.Select(number => Math.Round(number, 9)));
        var json = JsonSerializer.SerializeToElement(space.Write(point)).EnumerateObject().ToDictionary(pair => pair.Name, pair => (object?)pair.Value, StringComparer.Ordinal);
        Assert.Equal(point, space.Read(json));
        Assert.Equal("temperature = 80 Cel, solvent = 'toluene', base = 'none', drops = 7, speed = 250 /min", space.Describe([80, 2, 0, 7, 250]));
    }

    [Theory]
    [InlineData("temperature", "80 bar", "measures something else")]
    [InlineData("temperature", "80 °C", "'Cel'")]
    [InlineData("temperature", "warm", "not a number")]
    [InlineData("temperature", "", "not a number")]
    [InlineData("temperature", "NaN", "finite")]
    [InlineData("temperature", null, "not a number")]
    [InlineData("solvent", "acetone", "water, ether, toluene")]
    [InlineData("solvent", 1, "water, ether, toluene")]
    public void A_value_that_cannot_be_read_is_named(string factor, object? value, string expected)
    {
        var values = Bench().Write([80, 0, 0, 7, 250]);
        values[factor] = value;
        var problem = Refused(() => Bench().Read(values)).Problem;
        Assert.Contains(expected, problem.What + problem.Mend, StringComparison.Ordinal);
        Assert.Equal($"factor '{factor}'", problem.Where);
    }

    [Fact]
    public void Values_missing_or_unknown_are_named()
    {
        var values = Bench().Write([80, 0, 0, 7, 250]);
        values["colour"] = "red";
        Assert.Contains("colour", Refused(() => Bench().Read(values)).Message, StringComparison.Ordinal);
        values.Remove("colour");
        values.Remove("drops");
        Assert.Equal("factor 'drops'", Refused(() => Bench().Read(values)).Problem.Where);
    }

    public static TheoryData<string, Func<SearchSpace>> Mistakes => new()
    {
        { "no factors", () => new SearchSpace([]) },
        { "twice the same factor", () => new SearchSpace([Drops, Drops]) },
        { "a range the wrong way round", () => new SearchSpace([Factor.Number("x", "1", 2, 1)]) },
        { "a range without end", () => new SearchSpace([Factor.Number("x", "1", 0, double.PositiveInfinity)]) },
        { "a logarithm from zero", () => new SearchSpace([Factor.Number("x", "1", 0, 1, isLog: true)]) },
        { "an unknown unit", () => new SearchSpace([Factor.Number("x", "°C", 0, 1)]) },
        { "levels that fall", () => new SearchSpace([Factor.Levels("x", "1", 2, 1)]) },
        { "no levels", () => new SearchSpace([Factor.Levels("x", "1")]) },
        { "an option twice", () => new SearchSpace([Factor.Choice("x", "a", "a")]) },
        { "descriptors of different length", () => new SearchSpace([Factor.Described("x", ["a", "b"], [[1], [1, 2]])]) },
        { "descriptors that are no numbers", () => new SearchSpace([Factor.Described("x", ["a", "b"], [[1], [double.NaN]])]) },
        { "a sum with a category", () => new SearchSpace([Solvent], [Constraint.Linear("s", [new Term("solvent", 1)], Relation.AtMost, 1)]) },
        { "a sum with an unknown factor", () => new SearchSpace([Drops], [Constraint.Linear("s", [new Term("x", 1)], Relation.AtMost, 1)]) },
        { "a sum with a factor twice", () => new SearchSpace([Drops], [Constraint.Linear("s", [new Term("drops", 1), new Term("drops", 1)], Relation.AtMost, 1)]) },
        { "a sum of nothing", () => new SearchSpace([Drops], [Constraint.Linear("s", [], Relation.AtMost, 1)]) },
        { "a weight that is no number", () => new SearchSpace([Drops], [Constraint.Linear("s", [new Term("drops", double.NaN)], Relation.AtMost, 1)]) },
        { "two constraints of one name", () => new SearchSpace([Drops], [Constraint.Forbidden("s", Condition.At("drops", 1)), Constraint.Forbidden("s", Condition.At("drops", 2))]) },
        { "a constraint without a name", () => new SearchSpace([Drops], [Constraint.Forbidden(" ", Condition.At("drops", 1))]) },
        { "a mixture of whole numbers", () => new SearchSpace([Drops, Factor.Number("x", "1", 0, 1)], [Constraint.Mixture("m", ["drops", "x"], 1)]) },
        { "a mixture of two units", () => new SearchSpace([Factor.Number("y", "g", 0, 1), Factor.Number("x", "kg", 0, 1)], [Constraint.Mixture("m", ["y", "x"], 1)]) },
        { "a mixture of more parts than it has", () => new SearchSpace([Factor.Number("y", "g", 0, 1), Factor.Number("x", "g", 0, 1)], [Constraint.Mixture("m", ["y", "x"], 1, 1, 3)]) },
        { "a mixture of nothing", () => new SearchSpace([Factor.Number("y", "g", 0, 1), Factor.Number("x", "g", 0, 1)], [Constraint.Mixture("m", ["y", "x"], 0)]) },
        { "a forbidden unknown option", () => new SearchSpace([Solvent], [Constraint.Forbidden("f", Condition.Is("solvent", "acetone"))]) },
        { "a forbidden value between two", () => new SearchSpace([Drops], [Constraint.Forbidden("f", Condition.At("drops", 1.5))]) },
        { "a forbidden value of a line", () => new SearchSpace([Temperature], [Constraint.Forbidden("f", Condition.At("temperature", 50))]) },
        { "a side of a category", () => new SearchSpace([Solvent], [Constraint.Forbidden("f", Condition.Above("solvent", 1))]) },
        { "a forbidden combination of nothing", () => new SearchSpace([Solvent], [Constraint.Forbidden("f")]) },
        { "a candidate of another length", () => new SearchSpace([Drops], [], [[1, 2]]) },
        { "no candidates", () => new SearchSpace([Drops], [], []) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_refused_with_what_where_and_mend(string mistake, Func<SearchSpace> make)
    {
        var problem = Refused(() => make()).Problem;
        Assert.True(problem.Type.StartsWith("urn:dure:optimize:", StringComparison.Ordinal) && problem.What.Length > 0 && problem.Where.Length > 0 && problem.Mend.Length > 0, mistake);
    }

    [Fact]
    public void A_test_in_code_holds_for_all_points_and_one_that_never_agrees_says_so()
    {
        var space = new SearchSpace([Temperature, Drops], [Constraint.BlackBox("stays wet", point => point[0] < 20 + 8 * point[1])]);
        foreach (var point in space.Sample(300, new Random(1)))
        {
            Assert.True(point[0] < 20 + 8 * point[1]);
            Assert.True(space.Contains(space.Step(point, new Random(1), 0.5)));
        }
        Assert.True(space.Contains(space.Repair([120, 1])));
        Assert.Equal("stays wet", Assert.Single(space.Check([120, 1])).Constraint);
        var never = new SearchSpace([Temperature], [Constraint.BlackBox("never", _ => false)]);
        Assert.Equal("urn:dure:optimize:no-sample", Refused(() => never.Sample(1, new Random(1))).Problem.Type);
    }

    [Fact]
    public void The_same_seed_gives_the_same_points() =>
        Prop.ForAll<int>(seed =>
        {
            var space = RandomSpaces.Of(Math.Abs(seed % 1000));
            return space.Build().Sample(5, new Random(seed)).Zip(space.Build().Sample(5, new Random(seed))).All(pair => pair.First.SequenceEqual(pair.Second));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_drawn_simplex_is_even()
    {
        // Of the even distribution on a simplex of n parts each has the mean 1/n and the variance (n-1)/(n^2 (n+1)).
        string[] parts = ["a", "b", "c", "d", "e"];
        var space = new SearchSpace([.. parts.Select(part => Factor.Number(part, "1", 0, 1))], [Constraint.Mixture("m", parts, 1)]);
        var points = space.Sample(20_000, new Random(3));
        for (var part = 0; part < 5; part++)
        {
            var mean = points.Average(point => point[part]);
            Assert.Equal(0.2, mean, 0.006);
            Assert.Equal(4.0 / 150, points.Average(point => Math.Pow(point[part] - mean, 2)), 0.0015);
        }
    }

    [Fact]
    public void The_number_of_parts_and_the_options_come_up_alike()
    {
        var space = Paint(4, leastAmount: 2);
        var counts = space.Sample(3_000, new Random(4)).GroupBy(point => point.Count(part => part > 0)).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal([2, 3, 4], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 900, 1_100));
        var wet = Bench().Sample(3_000, new Random(5)).GroupBy(point => (point[1], point[2])).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(5, wet.Count);
        Assert.All(wet.Values, count => Assert.InRange(count, 300, 1_200));
    }

    [Fact]
    public void Coded_points_run_from_0_to_1_and_described_options_are_at_most_1_apart()
    {
        var space = new SearchSpace([Temperature, Factor.Number("c", "mol/L", 0.001, 10, isLog: true), Solvent, Factor.Described("base", ["a", "b", "c"], [[0, 5, 1], [10, 5, 2], [30, 5, 9]])]);
        Assert.Equal(6, space.Coding.Columns);
        Assert.Equal(4, space.Coding.Factors);
        Assert.Equal([false, false, true, false, false, false], Enumerable.Range(0, 6).Select(space.Coding.IsCode));
        var (one, other) = (new double[6], new double[6]);
        space.Encode([70, 0.1, 2, 0], one);
        space.Encode([120, 10, 0, 2], other);
        Assert.Equal([0.5, 0.5, 2], one[..3].Select(code => Math.Round(code, 12)));
        Assert.Equal([1, 1, 0], other[..3]);
        Assert.Equal(1, one[3..].Zip(other[3..], (a, b) => (a - b) * (a - b)).Sum(), 1e-12);
    }

    [Fact]
    public void A_chord_bends_along_what_it_meets_and_keeps_sums()
    {
        string[] parts = ["a", "b", "c"];
        var space = new SearchSpace([.. parts.Select(part => Factor.Number(part, "1", 0, 1)), Temperature],
            [Constraint.Mixture("m", parts, 1), Constraint.Linear("dear", [new Term("a", 1)], Relation.AtMost, 0.5)]);
        double[] point = [0.5, 0.25, 0.25, 70];
        var chord = space.Chord(point, [1, 0.2, 0, 0.1]);
        // Along m and with a at its limit, what is left of (1, 0.2, 0) is (0, 0.1, -0.1); the temperature goes its own way.
        Assert.Equal([0, 0.1, -0.1, 0.1], chord.Direction.Select(rate => Math.Round(rate, 12)));
        Assert.Equal(2.5, chord.Longest, 1e-9);
        var end = new double[4];
        chord.At(chord.Longest, end);
        Assert.Equal([0.5, 0.5, 0, 95], end.Select(number => Math.Round(number, 9)));
        Assert.Equal(0, space.Chord([0.5, 0.5, 0, 120], [1, 1, -1, 1]).Longest);
        Assert.Equal("urn:dure:optimize:infeasible-point", Refused(() => space.Chord([0.6, 0.4, 0, 70], [1, 0, 0, 0])).Problem.Type);
    }

    [Fact]
    public void Looking_at_a_point_allocates_nothing()
    {
        var (space, count) = (Bench(), 0);
        double[] point = [80, 0, 1, 5, 250];
        space.Contains(point);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            count += space.Contains(point) ? 1 : 0;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_000, count);
    }

    [Fact]
    public void The_centre_has_the_most_room()
    {
        string[] parts = ["a", "b", "c", "d"];
        var space = new SearchSpace([.. parts.Select(part => Factor.Number(part, "1", 0, 1)), Temperature], [Constraint.Mixture("m", parts, 1)]);
        Assert.Equal([0.25, 0.25, 0.25, 0.25, 70], space.Centre().Select(number => Math.Round(number, 9)));
    }

    [Fact]
    public void A_flat_space_is_drawn_within_its_plane()
    {
        var space = new SearchSpace([Factor.Number("a", "1", 0, 1), Factor.Number("b", "1", 0, 1), Factor.Number("c", "1", 0, 1)],
            [Constraint.Linear("low", [new Term("a", 1), new Term("b", 1)], Relation.AtMost, 0.8), Constraint.Linear("high", [new Term("a", 1), new Term("b", 1)], Relation.AtLeast, 0.8)]);
        var points = space.Sample(500, new Random(6));
        Assert.All(points, point => Assert.Equal(0.8, point[0] + point[1], 1e-9));
        Assert.InRange(points.Max(point => point[0]) - points.Min(point => point[0]), 0.75, 0.8);
    }

    [Fact]
    public void Neighbours_are_one_choice_away()
    {
        var space = Bench();
        double[] point = [30, 0, 0, 5, 250];
        var around = space.Neighbours(point).Select(other => string.Join(' ', other.Select(number => number.ToString(CultureInfo.InvariantCulture)))).ToArray();
        Assert.Equal(["30 1 0 5 250", "30 2 0 5 250", "30 0 1 5 250", "30 0 0 6 250", "30 0 0 4 250", "30 0 0 5 600", "30 0 0 5 100"], around);
        // A new option takes the temperature along where it must.
        Assert.Contains(space.Neighbours([80, 0, 0, 5, 250]), other => other[1] == 1 && other[0] == 34.6);
    }

    [Fact]
    public void Moves_reach_all_parts_and_options()
    {
        var (space, random) = (Paint(3, leastAmount: 5), new Random(7));
        var (seen, point) = (new HashSet<int>(), space.Centre());
        for (var i = 0; i < 3_000; i++)
        {
            point = space.Step(point, random, 0.2);
            seen.Add(Enumerable.Range(0, 5).Sum(part => point[part] > 0 ? 1 << part : 0));
        }
        // Of 5 parts 10 pairs and 10 triples.
        Assert.Equal(20, seen.Count);
    }

    [Fact]
    public void A_space_of_1e15_combinations_is_counted_and_drawn_without_a_list()
    {
        var space = new SearchSpace([.. Enumerable.Range(0, 15).Select(i => Factor.Choice($"c{i}", Enumerable.Range(0, 10).Select(option => $"o{option}").ToArray()))],
            [.. Enumerable.Range(0, 14).Select(i => Constraint.Forbidden($"f{i}", Condition.Is($"c{i}", "o1"), Condition.Is($"c{i + 1}", "o2")))]);
        Assert.Equal(15, space.Log10Count(), 1e-9);
        Assert.All(space.Sample(500, new Random(8)), point => Assert.Null(IndependentCheck.Fault(space.Factors, space.Constraints, point)));
        // Sets of 2 or 3 of 5 parts, 20 in all.
        Assert.Equal(Math.Log10(20), Paint(3, leastAmount: 5).Log10Count(), 1e-12);
    }
}
