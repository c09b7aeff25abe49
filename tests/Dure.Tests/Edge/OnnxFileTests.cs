using Dure.Edge.Onnx;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class OnnxFileTests
{
    [Fact]
    public void A_written_model_reads_back_to_the_same_bytes()
    {
        foreach (var model in Models())
        {
            var bytes = model.Write();
            Assert.Equal(bytes, OnnxModel.Read(bytes).Write());
        }
    }

    [Fact]
    public void Unknown_fields_are_skipped()
    {
        var bytes = SampleModels.Forest().Write();
        byte[] extended = [.. Field(100, "from a newer version"), .. bytes, .. Field(101, "more")];
        Assert.Equal(bytes, OnnxModel.Read(extended).Write());
    }

    [Fact]
    public void Weights_in_another_file_are_refused()
    {
        byte[] tensor = [.. Field(8, "w"), .. Varint(2, 11), .. Varint(14, 1)];
        var refused = Assert.Throws<ProblemException>(() => OnnxModel.Read(Nested(7, Nested(5, tensor))));
        Assert.Equal("urn:dure:edge:onnx-external-data", refused.Problem.Type);
    }

    [Fact]
    public void A_huge_shape_is_refused_before_memory_is_taken()
    {
        byte[] tensor = [.. Field(8, "w"), .. Varint(1, 1L << 40), .. Varint(2, 11)];
        var refused = Assert.Throws<ProblemException>(() => OnnxModel.Read(Nested(7, Nested(5, tensor))));
        Assert.Equal("urn:dure:edge:onnx-too-large", refused.Problem.Type);
    }

    [Fact]
    public void Broken_model_bytes_never_do_worse_than_a_named_refusal() =>
        Prop.ForAll<int>(seed => Survives(Mutate(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static bool Survives(byte[] bytes)
    {
        var limits = new OnnxLimits { MaxRunBytes = 1 << 20, MaxElements = 1 << 16, MaxRunOperations = 1 << 20 };
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (OnnxSession.TryCreate(OnnxModel.Read(bytes, limits), out var session, out _, limits))
                RunOnce(session);
        }
        catch (ProblemException)
        {
            // a refusal with a name is what a broken file should meet
        }
        return GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20;
    }

    private static void RunOnce(OnnxSession session)
    {
        foreach (var input in session.Inputs)
        {
            int[] shape = [.. (input.Dims ?? []).Select(dim => (int)Math.Clamp(dim.Size ?? 1, 0, 4))];
            session.Set<double>(input.Name, new double[shape.Aggregate(1, (a, b) => a * b)], shape);
        }
        session.Run();
    }

    private static byte[] Mutate(int seed)
    {
        var random = new Random(seed);
        var models = Models();
        var bytes = models[random.Next(models.Length)].Write();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(bytes.Length);
            bytes = random.Next(4) switch
            {
                0 => [.. bytes[..at], .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                2 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]],
                _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            };
            if (bytes.Length == 0)
                return bytes;
        }
        return bytes;
    }

    private static OnnxModel[] Models() => [SampleModels.Distance(["a", "b"], [1, 2]), SampleModels.Forest(), Shapes()];

    private static OnnxModel Shapes()
    {
        var graph = new GraphBuilder("shapes");
        var x = graph.Input("x", OnnxType.Double, 2, 2);
        var joined = graph.Node("Concat", [x, graph.Node("Transpose", [x], [OnnxAttribute.Of("perm", new long[] { 1, 0 })])], [OnnxAttribute.Of("axis", 1L)]);
        var picked = graph.Node("Gather", [joined, graph.Constant<long>("picks", [0, 3], 2)], [OnnxAttribute.Of("axis", 1L)]);
        var soft = graph.Node("Softmax", [graph.Node("Unsqueeze", [picked, graph.Constant<long>("axis", [0], 1)])], [OnnxAttribute.Of("axis", 1L)]);
        var whole = graph.Cast(graph.Node("Squeeze", [soft, graph.Constant<long>("zero", [0], 1)]), OnnxType.Int64);
        return graph.Output("y", graph.Node("Div", [whole, graph.Constant<long>("three", [3])]), OnnxType.Int64, 2, 2).Build();
    }

    private static byte[] Field(int number, string text) => Nested(number, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Nested(int number, byte[] content) => Write(output =>
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
    });

    private static byte[] Varint(int number, long value) => Write(output =>
    {
        output.WriteTag(number, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    });

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            write(output);
        return buffer.ToArray();
    }
}
