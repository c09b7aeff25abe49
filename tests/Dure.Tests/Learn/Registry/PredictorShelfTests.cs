using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Tests.Datasets;
using Dure.Tests.Learn.Recipes;
using Xunit;

namespace Dure.Tests.Learn.Registry;

public sealed class PredictorShelfTests
{
    private static readonly Lazy<Predictor> Any = new(() => TableTraining.Run(new TableRecipe { Name = "parts", Target = "y", Learner = LearnerCatalog.Default("linear") }, MadeDatasetTable.Parts(60, 1), TimeProvider.System, null, null, 1, default).Predictor);

    [Fact]
    public void The_models_used_last_are_read_once_and_the_one_not_used_for_longest_goes()
    {
        var (shelf, reads) = (new PredictorShelf<Predictor>(2, 1000), new List<string>());
        Predictor get(string hash, long bytes = 10) => shelf.Get(hash, bytes, () =>
        {
            reads.Add(hash);
            return Any.Value;
        });
        get("a");
        get("b");
        get("a");
        get("c"); // b goes
        get("a");
        get("b");
        Assert.Equal(["a", "b", "c", "b"], reads);
    }

    [Fact]
    public void What_is_kept_is_bounded_in_bytes_and_a_model_beyond_them_is_read_each_time()
    {
        var (shelf, reads) = (new PredictorShelf<Predictor>(10, 100), 0);
        Predictor get(string hash, long bytes) => shelf.Get(hash, bytes, () =>
        {
            reads++;
            return Any.Value;
        });
        get("large", 101);
        get("large", 101);
        Assert.Equal(2, reads);
        get("a", 60);
        get("b", 60); // a goes
        get("b", 60);
        Assert.Equal(4, reads);
        get("a", 60);
        Assert.Equal(5, reads);
    }

    [Fact]
    public void Many_who_come_at_once_wait_for_one_reading()
    {
        var (shelf, reads) = (new PredictorShelf<Predictor>(2, 1000), 0);
        using var all = new Barrier(8);
        var got = new Predictor[8];
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            all.SignalAndWait();
            got[i] = shelf.Get("a", 10, () =>
            {
                Interlocked.Increment(ref reads);
                return Any.Value;
            });
        }))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.Equal(1, reads);
        Assert.All(got, one => Assert.Same(Any.Value, one));
    }

    [Fact]
    public void What_could_not_be_read_is_tried_again()
    {
        var shelf = new PredictorShelf<Predictor>(2, 1000);
        Assert.Throws<IOException>(() => shelf.Get("a", 10, () => throw new IOException("the disk is away")));
        Assert.Same(Any.Value, shelf.Get("a", 10, () => Any.Value));
    }

    [Fact]
    public async Task An_inspection_counts_with_the_network_it_rests_on()
    {
        await using var node = await TableNode.Open();
        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var backbone = new BackboneRecipe(node.Node.Blobs.Put(new byte[5000]), ["features"], 80, [0.5f], [0.2f]);
        var file = new PredictorFile(ContentHash.Of([1]).ToString(), 300);
        Assert.Equal(300, registry.BytesAtHand(file, null));
        Assert.Equal(5300, registry.BytesAtHand(file, backbone));
        Assert.Equal(300, registry.BytesAtHand(file, backbone with { File = ContentHash.Of([2]) })); // reading it will say that it is not here
    }
}
