using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Neural;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Neural;

/// <summary>Whatever runs a network - alone, in a batch, from its file, as ONNX - gives the same outputs.</summary>
public sealed class NetworkTests
{
    public static TheoryData<string> Kinds { get; } = new(MadeNetwork.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_example_alone_gives_the_same_bits_as_in_a_batch(string kind) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var network = MadeNetwork.Of(kind, random);
        var rows = random.Next(1, 30);
        var inputs = MadeNetwork.Numbers(random, rows * network.Input.Size);
        var together = Run(network, inputs, rows);
        var (alone, one) = (new Workspace(network), random.Next(rows));
        inputs.AsSpan(one * network.Input.Size, network.Input.Size).CopyTo(alone.Prepare(1));
        Assert.Equal(together.AsSpan(one * network.Output.Size, network.Output.Size).ToArray(), alone.Forward().ToArray());
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_gives_the_same_network_back(string kind) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var network = MadeNetwork.Of(kind, random);
        var file = CanonicalJson.Serialize(NetworkFile.Write(network));
        var read = NetworkFile.Read((JsonObject)JsonNode.Parse(file)!);
        Assert.Equal(file, CanonicalJson.Serialize(NetworkFile.Write(read)));
        var inputs = MadeNetwork.Numbers(random, network.Input.Size);
        Assert.Equal(Run(network, inputs, 1), Run(read, inputs, 1));
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_onnx_form_gives_the_same_outputs(string kind) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var network = MadeNetwork.Of(kind, random);
        if (network.Remembered.Length > 0)
            MadeNetwork.Numbers(random, network.Remembered.Length).Select(value => value + 1.5f).ToArray().CopyTo(network.Remembered, 0);
        var rows = random.Next(1, 10);
        var inputs = MadeNetwork.Numbers(random, rows * network.Input.Size);
        var session = OnnxSession.Create(OnnxModel.Read(network.ToOnnx("test").Write()));
        session.Set<float>("x", inputs, [rows, .. network.Input.Dims.Select(size => (int)size)]);
        session.Run();
        var expected = Run(network, inputs, rows);
        var found = session.Get<float>("y");
        Assert.Equal([rows, .. network.Output.Dims.Select(size => (int)size)], session.ShapeOf("y").ToArray());
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"{kind}, seed {seed}, {i}: {expected[i]} here, {found[i]} as ONNX");
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_else_happens()
    {
        var files = MadeNetwork.Kinds.Select((kind, i) => NetworkFile.Write(MadeNetwork.Of(kind, new Random(i))).ToJsonString()).ToArray();
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var text = files[random.Next(files.Length)].ToCharArray();
            // Weights are most of a file and any of them will do: so the damage falls on what stands before them.
            var end = new string(text).IndexOf("\"weights\"", StringComparison.Ordinal) + 20;
            for (var i = random.Next(1, 4); i > 0; i--)
                text[random.Next(end)] = "0123456789-,[]{}\"e.ntrue "[random.Next(25)];
            try
            {
                NetworkFile.Read(JsonNode.Parse(new string(text))!.AsObject());
            }
            catch (Exception refused) when (refused is System.Text.Json.JsonException or InvalidOperationException or ArgumentException && refused is not ProblemException)
            {
                return refused.StackTrace!.Contains("JsonNode", StringComparison.Ordinal) && !refused.StackTrace.Contains("NetworkFile", StringComparison.Ordinal); // no JSON at all
            }
            catch (ProblemException refused)
            {
                return refused.Problem.Type is "urn:dure:learn:damaged-model" or "urn:dure:learn:bad-network";
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Layers_that_do_not_fit_are_refused_by_name()
    {
        var builder = new NetworkBuilder(Shape.Window(10, 3));
        var refused = Assert.Throws<ProblemException>(() => builder.Then(new Convolution(8, new Sliding(1, 11))));
        Assert.Equal("urn:dure:learn:bad-network", refused.Problem.Type);
        Assert.Throws<ProblemException>(() => builder.Then(new Dense(0)));
        Assert.Throws<ProblemException>(() => builder.Then(new Fold(Shape.Window(4, 4))));
        Assert.Throws<ProblemException>(() => builder.Add(new Sum(), 0, 5));
        Assert.Throws<ProblemException>(() => builder.Then(new Dense(1 << 29)));
    }

    internal static float[] Run(Network network, float[] inputs, int rows)
    {
        var workspace = new Workspace(network);
        inputs.CopyTo(workspace.Prepare(rows));
        return workspace.Forward().ToArray();
    }
}
