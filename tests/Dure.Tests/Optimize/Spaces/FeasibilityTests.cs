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
        foreach (var space in RandomSpaces.Many(200))
            Expect(space, 100);
    }

    private static void Expect(RandomSpace space, int count)
    {
        var built = space.Build();
        foreach (var point in built.Sample(count, new Random(space.Seed)))
            Assert.True(IndependentCheck.Fault(space.Factors, space.Constraints, point) is null,
                $"{space}: {IndependentCheck.Fault(space.Factors, space.Constraints, point)} at {string.Join(", ", point.Select(number => number.ToString("R", CultureInfo.InvariantCulture)))}");
    }
}
