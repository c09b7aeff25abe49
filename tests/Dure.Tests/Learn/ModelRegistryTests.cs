using System.Text;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn;
using Dure.Tests.Effects;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class ModelRegistryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_data_recipe_and_seed_give_the_same_version_and_one_entry()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var registry = ModelRegistry.Open(node.Journal, node.Blobs);
        var first = await registry.Register(await TrainingTests.Train(), "engineer", Cancel);
        var entries = node.Journal.Count;
        var second = await registry.Register(await TrainingTests.Train(), "engineer", Cancel);
        Assert.Equal(first.Version, second.Version);
        Assert.Equal(entries, node.Journal.Count);
    }

    [Fact]
    public async Task Another_machine_set_is_another_version_with_the_next_number()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var registry = ModelRegistry.Open(node.Journal, node.Blobs);
        var first = await registry.Register(await TrainingTests.Train(), "engineer", Cancel);
        var second = await registry.Register(await TrainingTests.Train(MadeDataset.Frames(1, 2)), "engineer", Cancel);
        Assert.NotEqual(first.Version, second.Version);
        Assert.Equal((1, 2), (first.Number, second.Number));
        Assert.Equal(second, registry.Latest("anomaly"));
    }

    [Fact]
    public async Task A_reopened_registry_holds_the_same_models()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var model = await ModelRegistry.Open(node.Journal, node.Blobs).Register(await TrainingTests.Train(), "engineer", Cancel);
        var reopened = ModelRegistry.Open(node.Journal, node.Blobs).Find(model.Version)!;
        Assert.Equal(ModelCard.Markdown(model.Manifest), ModelCard.Markdown(reopened.Manifest));
        Assert.Equal(model.Manifest.Machines.Select(m => m.Limit), reopened.Manifest.Machines.Select(m => m.Limit));
        Assert.Equal(model.Entry, reopened.Entry);
    }

    [Fact]
    public async Task Each_machine_says_what_was_fitted_on_what_and_leads_to_its_graph()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var result = await TrainingTests.Train();
        var registry = ModelRegistry.Open(node.Journal, node.Blobs);
        var model = await registry.Register(result, "engineer", Cancel);
        var machine = model.Machine(result.Machines[0].Asset)!;
        Assert.Equal(MadeDataset.TrainRows, machine.RowsFitted);
        Assert.Equal(result.Machines[0].Rows.CommissioningHash().ToString(), machine.RowsHash);
        Assert.Equal("x", OnnxModel.Read(registry.ReadOnnx(machine)).Graph.Inputs[0].Name);
        Assert.All(model.Entry.Body["artefacts"]!.AsArray(), a => Assert.True(node.Blobs.Has(ContentHash.Parse((string)a!["hash"]!))));
    }

    [Fact]
    public async Task The_entry_refers_to_the_dataset_it_rests_on()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var model = await ModelRegistry.Open(node.Journal, node.Blobs).Register(await TrainingTests.Train(), "engineer", Cancel);
        Assert.Equal(MadeDataset.Version().EntryHash.ToString(), (string)model.Entry.Body["refs"]![0]!["hash"]!);
    }

    [Fact]
    public async Task The_card_shows_dummies_intervals_choice_and_limits()
    {
        await using var node = await TemporaryEvidence.Create(Cancel);
        var model = await ModelRegistry.Open(node.Journal, node.Blobs).Register(await TrainingTests.Train(), "engineer", Cancel);
        var artefact = model.Entry.Body["artefacts"]!.AsArray().First(a => (string)a!["role"]! == "model-card")!;
        var card = Encoding.UTF8.GetString(node.Blobs.Read(ContentHash.Parse((string)artefact["hash"]!), 1 << 20));
        Assert.All(["always 1 (looks at nothing)", "no label was read", "What it does not know", " to ", "It is no safety function"], words =>
            Assert.Contains(words, card, StringComparison.Ordinal));
    }
}
