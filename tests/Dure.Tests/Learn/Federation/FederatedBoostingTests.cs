using Dure.Kernel;
using Dure.Learn.Federation;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Federation;

/// <summary>What a training over sites promises: the model of all rows in one place, from sums alone.</summary>
public sealed class FederatedBoostingTests(ITestOutputHelper output)
{
    private static readonly FederationOptions Open = new() { IsMasked = false };
    private static readonly BoostingOptions Few = new() { Rounds = 4, MinRows = 20, Seed = 3 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("squared", 0.0, 0, 1.0)]
    [InlineData("squared", 0.1, 7, 0.7)]
    [InlineData("logistic", 0.05, 5, 1.0)]
    [InlineData("poisson", 0.0, 0, 0.8)]
    public void Four_sites_get_the_model_of_all_rows_in_one_place_bit_for_bit(string loss, double missing, int categories, double share)
    {
        var (table, labels) = Rows(6000, loss, missing, categories);
        var options = Few with { Rounds = 8, Loss = LossNames.TryOf(loss, null)!, RowShare = share, ColumnShare = share };
        var sites = Sites(table, labels, 700, 2300, 1000, 2000);
        var central = Boosting.Train(table, new(labels), options, FederatedBoosting.Agree(sites, options, Open), Cancel);
        Assert.Equal(TreesFile.Write(central), TreesFile.Write(FederatedBoosting.Train(sites, options, Open, cancel: Cancel).Model));
    }

    [Fact]
    public void A_tree_costs_a_site_less_than_two_megabytes_masks_and_all()
    {
        var (table, labels) = Rows(4000, "squared", columns: 28);
        var sites = Sites(table, labels, 1000, 1000, 1000, 1000);
        var options = Few with { Rounds = 2, Leaves = 31 };
        var (open, masked) = (FederatedBoosting.Train(sites, options, Open, cancel: Cancel), FederatedBoosting.Train(sites, options, new(), cancel: Cancel));
        Assert.Equal(TreesFile.Write(open.Model), TreesFile.Write(masked.Model));
        output.WriteLine($"{open.BytesPerTreeAndSite:0} bytes openly, {masked.BytesPerTreeAndSite:0} masked");
        Assert.InRange(open.BytesPerTreeAndSite, 1_000_000, 2_000_000);
        Assert.InRange(masked.BytesPerTreeAndSite, open.BytesPerTreeAndSite, 2_000_000);
    }

    [Fact, Trait("Speed", "Slow")]
    public void Bins_from_sketches_are_nearly_as_good_as_bins_from_the_rows()
    {
        var (table, labels) = Rows(8000, "squared");
        var (unseen, truth) = MadeTable.Friedman(3000, seed: 9);
        var options = Few with { Rounds = 60 };
        var there = MadeTable.Rmse(FederatedBoosting.Train(Sites(table, labels, 2000, 2000, 4000), options, Open, cancel: Cancel).Model, unseen, truth);
        var here = MadeTable.Rmse(MadeTable.Train(table, new(labels), options), unseen, truth);
        Assert.InRange(there, 0.97 * here, 1.03 * here);
    }

    [Fact]
    public void A_site_may_have_rows_of_one_class_only()
    {
        var (table, labels) = Rows(3000, "logistic");
        var order = Enumerable.Range(0, 3000).OrderBy(row => labels[row]).ToArray();
        var model = FederatedBoosting.Train(Sites(table.Take(order), [.. order.Select(row => labels[row])], 600, 1200, 1200), Few with { Rounds = 20, Loss = BoostingLoss.Logistic }, Open, cancel: Cancel).Model;
        var right = model.All(table).Zip(labels).Count(pair => pair.First >= 0.5 == (pair.Second == 1));
        Assert.True(right > 2400);
    }

    [Fact]
    public void What_would_tell_too_much_or_cannot_be_had_from_sums_is_refused()
    {
        var (table, labels) = Rows(600, "squared");
        var sites = Sites(table, labels, 200, 200, 200);
        static string refusal(Func<object> act) => Assert.Throws<ProblemException>(act).Message;
        Assert.Contains("2 sites", refusal(() => FederatedBoosting.Train(sites[..2], Few, new(), cancel: Cancel)), StringComparison.Ordinal);
        Assert.Contains("10 rows", refusal(() => FederatedBoosting.Train(Sites(table, labels, 10, 290, 300), Few, new(), cancel: Cancel)), StringComparison.Ordinal);
        Assert.Contains("leaf", refusal(() => FederatedBoosting.Train(sites, Few with { MinRows = 5 }, new(), cancel: Cancel)), StringComparison.Ordinal);
        Assert.Contains("more than sums", refusal(() => FederatedBoosting.Train(sites, Few with { Loss = BoostingLoss.Quantile(0.9) }, new(), cancel: Cancel)), StringComparison.Ordinal);
        var other = new FederatedSite("d", MadeTable.Of([.. Enumerable.Repeat(0f, 200)]), new([.. Enumerable.Repeat(0f, 200)]));
        Assert.Contains("columns", refusal(() => FederatedBoosting.Train([.. sites, other], Few, new(), cancel: Cancel)), StringComparison.Ordinal);
        var weighted = new FederatedSite("w", table, new(labels, [.. labels.Select(_ => 1f)]));
        Assert.Contains("weights", refusal(() => FederatedBoosting.Train([.. sites, weighted], Few, new(), cancel: Cancel)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_tells_no_number_of_its_rows_exactly()
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 500).Select(_ => (float)random.NextDouble())];
        var told = new FederatedSite("a", MadeTable.Of(values), new(values)).Sketch(0, 1024, 1).Weighted().Select(pair => pair.Value).ToArray();
        Assert.InRange(told.Count(values.Contains), 0, 5); // a few have three digits by nature
        Assert.All(told, value => Assert.Contains(values, real => Math.Abs(real - value) <= 0.001f * Math.Abs(real)));
    }

    private static (FeatureTable Table, float[] Labels) Rows(int rows, string loss, double missing = 0, int categories = 0, int columns = 8)
    {
        var (table, labels) = MadeTable.Friedman(rows, seed: 5, columns: columns, missing: missing, categories: categories);
        return (table, loss switch { "logistic" => [.. labels.Select(label => label > 15 ? 1f : 0)], "poisson" => [.. labels.Select(label => MathF.Round(Math.Max(0, label)))], _ => labels });
    }

    private static FederatedSite[] Sites(FeatureTable table, float[] labels, params int[] sizes)
    {
        var (sites, first) = (new List<FederatedSite>(), 0);
        foreach (var size in sizes)
        {
            int[] rows = [.. Enumerable.Range(first, size)];
            sites.Add(new($"site {sites.Count}", table.Take(rows), new([.. rows.Select(row => labels[row])])));
            first += size;
        }
        return [.. sites];
    }
}
