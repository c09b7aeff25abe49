using Dure.Optimize.Designs;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class ScreeningTests
{
    [Fact]
    public void The_quarter_of_five_factors_has_its_published_aliases()
    {
        var design = TwoLevelFactorial.Fraction(Plant.Factors(5), 8);
        Assert.Equal(["D=AB", "E=AC"], design.Generators);
        Assert.Equal(["ABD", "ACE", "BCDE"], design.DefiningRelation);
        Assert.Equal(3, design.Resolution);
        Assert.Equal(["BD", "CE"], design.AliasesOf("A", 3));
        Assert.Equal(["AD", "CDE"], design.AliasesOf("B", 3));
        Assert.Equal(["DE"], design.AliasesOf("BC", 2));
        Assert.Equal(["CD"], design.AliasesOf("BE", 2));
    }

    [Fact]
    public void In_the_sixteenth_of_seven_factors_each_effect_is_mixed_with_three_products_of_two()
    {
        var design = TwoLevelFactorial.Fraction(Plant.Factors(7), 8);
        Assert.Equal([3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 7], design.DefiningRelation.Select(w => w.Length));
        Assert.Equal(["BD", "CE", "FG"], design.AliasesOf("A", 2));
        Assert.Equal(["AB", "CG", "EF"], design.AliasesOf("D", 2).Order());
        Assert.All("ABCDEFG", letter => Assert.Equal(3, design.AliasesOf(letter.ToString(), 2).Count));
    }

    [Theory]
    [InlineData(3, 4, 3)]
    [InlineData(4, 8, 4)]
    [InlineData(5, 16, 5)]
    [InlineData(6, 16, 4)]
    [InlineData(7, 16, 4)]
    [InlineData(8, 16, 4)]
    [InlineData(9, 16, 3)]
    [InlineData(11, 16, 3)]
    [InlineData(15, 16, 3)]
    [InlineData(6, 32, 6)]
    [InlineData(7, 32, 4)]
    [InlineData(8, 32, 4)]
    [InlineData(9, 32, 4)]
    [InlineData(10, 32, 4)]
    [InlineData(11, 32, 4)]
    [InlineData(16, 32, 4)]
    [InlineData(20, 32, 3)]
    [InlineData(7, 64, 7)]
    [InlineData(8, 64, 5)]
    [InlineData(9, 64, 4)]
    [InlineData(10, 64, 4)]
    [InlineData(11, 64, 4)]
    [InlineData(8, 128, 8)]
    [InlineData(9, 128, 6)]
    [InlineData(10, 128, 5)]
    [InlineData(11, 128, 5)]
    public void A_fraction_has_its_published_resolution_and_its_main_effects_at_right_angles(int factors, int runs, int resolution)
    {
        var design = TwoLevelFactorial.Fraction(Plant.Factors(factors), runs);
        Assert.Equal(resolution, design.Resolution);
        Assert.Equal(runs, design.Table.Runs);
        AssertOrthogonal(design.Table);
    }

    [Fact]
    public void What_is_aliased_has_the_same_signs_in_every_run()
    {
        var design = TwoLevelFactorial.Fraction(Plant.Factors(6), "E=ABC", "F=BCD");
        foreach (var (effect, alias) in new[] { "A", "AB", "CE" }.SelectMany(e => design.AliasesOf(e).Select(a => (e, a))))
            Assert.All(Plant.Rows(design.Table), row => Assert.Equal(Product(row, effect), Product(row, alias)));
    }

    [Fact]
    public void Blocks_are_of_even_size_and_hide_only_what_is_said()
    {
        var design = TwoLevelFactorial.Full(Plant.Factors(4)).InBlocks("ABC", "BCD");
        Assert.Equal(["ABC", "BCD", "AD"], design.ConfoundedWithBlocks);
        Assert.Equal([4, 4, 4, 4], Enumerable.Range(0, 16).GroupBy(design.Table.Block).Select(g => g.Count()));
        Assert.All(Enumerable.Range(0, 16).GroupBy(design.Table.Block), block =>
        {
            Assert.All(Enumerable.Range(0, 4), f => Assert.Equal(0, block.Sum(run => design.Table.Coded(run)[f])));
            Assert.Single(block.Select(run => Product(design.Table.Coded(run).ToArray(), "AD")).Distinct());
        });
        Plant.Refused("blocks", () => TwoLevelFactorial.Fraction(Plant.Factors(5), 8).InBlocks("ABC", "BC")); // would hide A
    }

    [Fact]
    public void Generators_that_make_no_sense_are_refused()
    {
        Plant.Refused("generator", () => TwoLevelFactorial.Fraction(Plant.Factors(5), "D=AB", "D=AC"));
        Plant.Refused("generator", () => TwoLevelFactorial.Fraction(Plant.Factors(5), "D=AB", "E=A"));
        Plant.Refused("effect", () => TwoLevelFactorial.Fraction(Plant.Factors(5), "D=AB", "E=AZ"));
        Plant.Refused("size", () => TwoLevelFactorial.Fraction(Plant.Factors(8), 8));
        Plant.Refused("size", () => TwoLevelFactorial.Fraction(Plant.Factors(5), 12));
    }

    [Fact]
    public void Matrices_of_right_angles_exist_in_all_orders_but_the_known_gaps()
    {
        Assert.Equal([92, 116], Enumerable.Range(1, 31).Select(n => 4 * n).Where(n => OrthogonalMatrices.Hadamard(n) is null));
        Assert.Equal([22, 34, 36, 46, 52, 58], Enumerable.Range(1, 32).Select(n => 2 * n).Where(n => OrthogonalMatrices.Conference(n) is null));
        for (var order = 2; order <= 64; order += 2)
        {
            AssertOrthogonal(OrthogonalMatrices.Conference(order), order - 1);
            AssertOrthogonal(OrthogonalMatrices.Hadamard(order), order);
        }
    }

    [Fact]
    public void Plackett_and_Burman_screen_eleven_factors_in_twelve_runs()
    {
        var table = PlackettBurman.Of(Plant.Factors(11));
        Assert.Equal(12, table.Runs);
        AssertOrthogonal(table);
        // Each product of two is spread evenly, by a third, over the nine other main effects.
        var rows = Plant.Rows(table);
        Assert.All(Enumerable.Range(2, 9), f => Assert.Equal(1.0 / 3, Math.Abs(rows.Sum(r => r[0] * r[1] * r[f])) / 12, 1e-12));
        Assert.Equal(24, PlackettBurman.Of(Plant.Factors(11), isFolded: true).Runs);
        Assert.Equal([8, 12, 24, 28], new[] { 7, 8, 23, 24 }.Select(k => PlackettBurman.Of(Plant.Factors(k)).Runs));
        Plant.Refused("size", () => PlackettBurman.Of(Plant.Factors(12), 12));
    }

    [Theory]
    [InlineData(4, 9)]
    [InlineData(5, 13)]
    [InlineData(6, 13)]
    [InlineData(7, 17)]
    [InlineData(8, 17)]
    [InlineData(9, 21)]
    [InlineData(10, 21)]
    [InlineData(11, 25)]
    [InlineData(12, 25)]
    [InlineData(16, 33)]
    [InlineData(24, 49)]
    public void Definitive_screening_keeps_main_effects_clear_of_all_second_order_terms(int factors, int runs)
    {
        var table = DefinitiveScreening.Of(Plant.Factors(factors));
        Assert.Equal(runs, table.Runs);
        AssertOrthogonal(table);
        var rows = Plant.Rows(table);
        for (var f = 0; f < factors; f++)
            for (var a = 0; a < factors; a++)
                for (var b = 0; b <= a; b++)
                    Assert.Equal(0, rows.Sum(r => r[f] * r[a] * r[b]));
        Assert.All(Enumerable.Range(0, factors), f => Assert.Equal(3, rows.Count(r => r[f] == 0)));
    }

    [Fact]
    public void A_factor_without_a_middle_is_refused_for_definitive_screening() =>
        Plant.Refused("factors", () => DefinitiveScreening.Of([.. Plant.Factors(4), new CategoricalFactor("kind", ["a", "b"])]));

    internal static void AssertOrthogonal(DesignTable table)
    {
        var rows = Plant.Rows(table);
        for (var a = 0; a < table.Factors.Count; a++)
        {
            Assert.Equal(0, rows.Sum(r => r[a]));
            for (var b = 0; b < a; b++)
                Assert.Equal(0, rows.Sum(r => r[a] * r[b]));
        }
    }

    private static void AssertOrthogonal(int[,]? matrix, int length)
    {
        for (var i = 0; matrix is not null && i < matrix.GetLength(0); i++)
            for (var j = 0; j < matrix.GetLength(0); j++)
                Assert.Equal(i == j ? length : 0, Enumerable.Range(0, matrix.GetLength(0)).Sum(k => matrix[i, k] * matrix[j, k]));
    }

    private static double Product(double[] row, string word) => word.Aggregate(1.0, (product, letter) => product * row[letter - 'A']);
}
