using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>A small network that has learnt from good images alone to find defects that were drawn into them: see <see cref="MadeDefects"/>.</summary>
internal sealed class SurfaceNetwork
{
    /// <summary>Layers whose values are the features of a position: behind the second and the fourth convolution.</summary>
    private static readonly int[] FeatureLayers = [8, 14];

    private readonly Network network;

    private SurfaceNetwork(Network network) => this.network = network;

    public static SurfaceNetwork Train(IReadOnlyList<Plane> good, int pieces, int epochs, LearningContext context)
    {
        var network = Build(MadeDefects.Size, MadeDefects.Size, context.Seed);
        var options = new NetworkTraining { Epochs = epochs, BatchSize = 64, LearningRate = 3e-3, WeightDecay = 1e-3, Patience = 0, Seed = context.Seed };
        new NetworkTrainer(network, new AnswerEntropy(Rare: 3), new MadeDefects(good, pieces, context.Seed), null, options, context.Threads).Run(context.Progress, context.Checkpoint, context.Cancel);
        return new SurfaceNetwork(network);
    }

    /// <summary>For each cell how sure the network is of a defect (a logit), and its features.</summary>
    public (FeatureMap Doubt, FeatureMap Features) Look(Plane plane)
    {
        var whole = Build(plane.Height, plane.Width, 0);
        network.Parameters.CopyTo(whole.Parameters, 0);
        network.Remembered.CopyTo(whole.Remembered, 0);
        var workspace = new Workspace(whole);
        plane.Values.CopyTo(workspace.Prepare(1));
        workspace.Forward();
        FeatureMap of(int layer) => workspace.Sites[layer] is var site ? new FeatureMap(site.Shape.Width, site.Shape.Height, site.Shape.Channels, site.Value.ToArray()) : null!;
        return (of(workspace.Sites.Count - 1), FeatureMap.Join([.. FeatureLayers.Select(of)]));
    }

    public JsonObject ToJson() => NetworkFile.Write(network);

    public static SurfaceNetwork FromJson(JsonObject text)
    {
        var (network, expected) = (NetworkFile.Read(text), Build(MadeDefects.Size, MadeDefects.Size, 0));
        ModelFile.Must(network.Nodes.Select(node => node.Layer).SequenceEqual(expected.Nodes.Select(node => node.Layer)), "its network has other layers");
        return new SurfaceNetwork(network);
    }

    private static Network Build(int height, int width, int seed)
    {
        var f = new Activation(ActivationFunction.Relu);
        var builder = new NetworkBuilder(Shape.Image(height, width, 1));
        builder.Then(new Convolution(16, Sliding.Square(3))).Then(new BatchNormalisation()).Then(f).Then(Pooling.MaxSquare(2))
            .Then(new Convolution(32, Sliding.Square(3))).Then(new BatchNormalisation()).Then(f).Then(Pooling.MaxSquare(2))
            .Then(new Convolution(48, Sliding.Square(3))).Then(new BatchNormalisation()).Then(f)
            .Then(new Convolution(48, Sliding.Square(3, dilation: 2))).Then(new BatchNormalisation()).Then(f)
            .Then(new Dense(1));
        return builder.Build(seed);
    }
}
