using System.Globalization;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Spaces;

/// <summary>Points that come out of a space, checked by <see cref="IndependentCheck"/>.</summary>
public sealed class FeasibilityTests
{
    [Fact]
    public void The_known_point_of_each_random_space_is_feasible()
    {
        foreach (var space in RandomSpaces.Many(400))
        {
            Assert.True(IndependentCheck.Fault(space.Factors, space.Constraints, space.Known) is null, $"{space}: {IndependentCheck.Fault(space.Factors, space.Constraints, space.Known)}");
            Assert.Empty(space.Build().Check(space.Known));
        }
    }

    [Fact]
    public void No_drawn_point_of_many_spaces_breaks_a_constraint()
    {
        foreach (var space in RandomSpaces.Many(100))
            foreach (var point in space.Build().Sample(50, new Random(space.Seed)))
                Expect(space, point);
    }

    [Fact]
    public void No_move_leaves_the_space()
    {
        var count = 0;
        foreach (var space in RandomSpaces.Many(100))
            count += Walk(space, 100);
        Assert.InRange(count, 7_000, 10_000);
    }

    [Fact]
    public void No_repaired_point_and_no_neighbour_breaks_a_constraint()
    {
        foreach (var space in RandomSpaces.Many(100))
        {
            var (built, random) = (space.Build(), new Random(space.Seed));
            for (var i = 0; i < 20; i++)
            {
                var wild = space.Factors.Select(factor => factor is Factor.Category ? random.Next((int)factor.High + 1) : factor.Low + (2 * random.NextDouble() - 0.5) * (factor.High - factor.Low)).ToArray();
                Expect(space, built.Repair(wild));
            }
            foreach (var neighbour in built.Neighbours(space.Known))
                Expect(space, neighbour);
        }
    }

    [Fact]
    public void No_place_on_a_chord_breaks_a_constraint()
    {
        var longest = 0;
        foreach (var space in RandomSpaces.Many(100))
            longest += Climb(space, 40);
        Assert.True(longest > 1_000, $"Only {longest} chords had a length.");
    }

    /// <summary>The promise in full: a million points of 200 spaces, drawn, moved and climbed to.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_points_of_200_spaces_break_no_constraint()
    {
        var count = 0;
        foreach (var space in RandomSpaces.Many(200, seed: 1_000))
        {
            var (built, random) = (space.Build(), new Random(space.Seed));
            foreach (var point in built.Sample(1_500, random))
                Expect(space, point);
            Walk(space, 3_000);
            Climb(space, 250);
            count += 1_500 + 3_000 + 500;
        }
        Assert.Equal(1_000_000, count);
    }

    /// <summary>Walks by random moves; how many of them went anywhere.</summary>
    private static int Walk(RandomSpace space, int steps)
    {
        var (built, random, point, moved) = (space.Build(), new Random(space.Seed), space.Known, 0);
        for (var i = 0; i < steps; i++)
        {
            var next = built.Step(point, random, Math.Pow(10, -2 * random.NextDouble()));
            Expect(space, next);
            moved += next.SequenceEqual(point) ? 0 : 1;
            point = next;
        }
        return moved;
    }

    /// <summary>Follows random directions, most to the end of their chord, so that limits are met; how many chords had a length.</summary>
    private static int Climb(RandomSpace space, int chords)
    {
        var (built, random, point, longest) = (space.Build(), new Random(space.Seed), space.Known, 0);
        var (direction, next) = (new double[built.Coding.Columns], new double[point.Length]);
        for (var i = 0; i < chords; i++)
        {
            for (var column = 0; column < direction.Length; column++)
                direction[column] = random.NextDouble() - 0.5;
            var chord = built.Chord(point, direction);
            longest += chord.Longest > 0 ? 1 : 0;
            chord.At(random.NextDouble() * chord.Longest, next);
            Expect(space, next);
            chord.At(chord.Longest, next);
            Expect(space, next);
            point = random.Next(4) > 0 ? [.. next] : built.Step(point, random, 0.3);
        }
        return longest;
    }

    private static void Expect(RandomSpace space, double[] point)
    {
        if (IndependentCheck.Fault(space.Factors, space.Constraints, point) is { } fault)
            Assert.Fail($"{space}: {fault} at {string.Join(", ", point.Select(number => number.ToString("R", CultureInfo.InvariantCulture)))}");
    }
}
