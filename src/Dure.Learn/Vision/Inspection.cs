using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Vision;

/// <summary>
/// Finds what does not look like the good images it has seen, and where. A quarter of the good images is held back from all learning: the limit rests on
/// their scores. The same images, options and seed give the same model, byte by byte, on any number of threads.
/// </summary>
public sealed class Inspection
{
    private const string Format = "dure-inspection-1";

    /// <summary>Of the cells of a map the share, those with most doubt, whose mean is the score.</summary>
    private const double DoubtfulShare = 0.005;

    private readonly InspectionMethod method;
    private readonly int size;
    private readonly SurfaceNetwork? network;
    private readonly OnnxBackbone? backbone;
    private readonly PatchMemory? memory;
    private readonly PositionGaussians? positions;
    private readonly (double Offset, double Unit) scale;

    private Inspection(InspectionMethod method, int size, SurfaceNetwork? network, OnnxBackbone? backbone, PatchMemory? memory, PositionGaussians? positions, (double Offset, double Unit) scale) =>
        (this.method, this.size, this.network, this.backbone, this.memory, this.positions, this.scale) = (method, size, network, backbone, memory, positions, scale);

    /// <param name="good">At least <see cref="InspectionOptions.LeastImages"/>, of one kind of part, none with a defect.</param>
    /// <exception cref="ProblemException">There are too few, or options that make no sense.</exception>
    public static Inspection Train(IReadOnlyList<Raster> good, InspectionOptions options, LearningContext context)
    {
        options.Check();
        if (good.Count < InspectionOptions.LeastImages)
            throw new ProblemException("urn:dure:learn:too-few-images", $"There are {good.Count} good images.", "images", $"Take {InspectionOptions.LeastImages} at least.");
        // Which are held back follows from the seed, for neighbours in a folder are often the same part.
        int[] order = [.. Enumerable.Range(0, good.Count)];
        new Random(context.Seed).Shuffle(order);
        var kept = good.Count - good.Count / 4;
        var learnt = order.Take(kept).Order().ToArray();
        var network = options.Backbone is null ? SurfaceNetwork.Train([.. learnt.Select(i => PlaneOf(good[i], options.Size))], options.Pieces, options.Epochs, context) : null;
        var blank = new Inspection(options.Method, options.Size, network, options.Backbone, null, null, (0, 1));
        var maps = new FeatureMap[options.Method == InspectionMethod.Taught ? 0 : kept];
        InParallel.For(maps.Length, i => maps[i] = blank.Look(good[learnt[i]]).Features, context.Cancel, context.Threads);
        var memory = options.Method == InspectionMethod.Patches ? PatchMemory.Of(maps, options.Memory, context.Seed, context.Cancel) : null;
        var positions = options.Method == InspectionMethod.Positions ? PositionGaussians.Of(maps, options.Channels, context.Seed, context) : null;
        Inspection with((double, double) scale) => new(options.Method, options.Size, network, options.Backbone, memory, positions, scale);

        var (raw, held) = (with((0, 1)), new double[good.Count - kept]);
        InParallel.For(held.Length, i => held[i] = raw.Inspect(good[order[kept + i]]).Score, context.Cancel, context.Threads);
        return with(Limit(held, options.FalseAlarms));
    }

    public InspectionResult Inspect(Raster image)
    {
        var (doubt, features) = Look(image);
        var (map, score) = (doubt.Values, 0.0);
        if (memory is not null)
            map = memory.Distances(features, out score);
        else if (positions is not null)
            map = positions.Distances(features, out score);
        else
            score = map.OrderDescending().Take(Math.Max(1, (int)(map.Length * DoubtfulShare))).Average();
        return new InspectionResult((score - scale.Offset) / scale.Unit, doubt.Width, doubt.Height, Array.ConvertAll(map, value => (float)((value - scale.Offset) / scale.Unit)));
    }

    /// <summary>The model as canonical JSON. A backbone is not in it: it is named by its hash.</summary>
    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["format"] = Format,
        ["method"] = (int)method,
        ["size"] = size,
        ["scale"] = ModelFile.Numbers([scale.Offset, scale.Unit]),
        ["backbone"] = backbone?.Hash,
        ["network"] = network?.ToJson(),
        ["memory"] = memory is null ? null : new JsonObject { ["channels"] = memory.Channels, ["rows"] = Text(memory.Rows) },
        ["positions"] = positions is null ? null : new JsonObject { ["channels"] = ModelFile.Numbers(positions.Channels.Select(channel => (double)channel)), ["means"] = Text(positions.Means), ["whitening"] = Text(positions.Whitening) },
    });

    /// <summary>Reads what <see cref="Write"/> gave, as a stranger's.</summary>
    /// <param name="backbone">The one it was trained with, where it was trained with one.</param>
    /// <exception cref="ProblemException">The bytes are no model, or of another backbone.</exception>
    public static Inspection Read(ReadOnlyMemory<byte> file, OnnxBackbone? backbone = null) => ModelFile.Checked(() =>
    {
        var whole = JsonNode.Parse(file.Span, documentOptions: new System.Text.Json.JsonDocumentOptions { MaxDepth = 32 })!.AsObject();
        ModelFile.Must(whole["format"]!.GetValue<string>() == Format, "its format is another");
        ModelFile.Must((string?)whole["backbone"] == backbone?.Hash, "it rests on another backbone than the one that is given");
        var (method, size, scale) = ((InspectionMethod)whole["method"]!.GetValue<int>(), whole["size"]!.GetValue<int>(), ModelFile.Numbers(whole["scale"]));
        ModelFile.Must(Enum.IsDefined(method) && size is >= MadeDefects.Size and <= 1024 && size % MadeDefects.Stride == 0 && scale.Length == 2 && scale[1] > 0, "its settings make no sense");
        var network = backbone is null ? SurfaceNetwork.FromJson(whole["network"]!.AsObject()) : null;
        var blank = new Inspection(InspectionMethod.Taught, size, network, backbone, null, null, (0, 1));
        var features = blank.Look(new Raster(1, 1, 1, [0])).Features;
        return new Inspection(method, size, network, backbone,
            method == InspectionMethod.Patches ? ReadMemory(whole["memory"]!.AsObject(), features) : null,
            method == InspectionMethod.Positions ? ReadPositions(whole["positions"]!.AsObject(), features) : null, (scale[0], scale[1]));
    });

    private static PatchMemory ReadMemory(JsonObject text, FeatureMap features)
    {
        var rows = Floats(text["rows"]);
        ModelFile.Must(text["channels"]!.GetValue<int>() == features.Channels && rows.Length > 0 && rows.Length % features.Channels == 0, "its memory does not fit its features");
        return new PatchMemory(features.Channels, rows);
    }

    private static PositionGaussians ReadPositions(JsonObject text, FeatureMap features)
    {
        int[] channels = [.. ModelFile.Numbers(text["channels"]).Select(channel => (int)channel)];
        var (means, whitening) = (Floats(text["means"]), Floats(text["whitening"]));
        ModelFile.Must(channels.Length is > 0 and <= 128 && channels.All(channel => channel >= 0 && channel < features.Channels), "it names channels that are not there");
        ModelFile.Must(means.Length == features.Positions * channels.Length && whitening.Length == means.Length * channels.Length, "its distributions do not fit its features");
        return new PositionGaussians(channels, means, whitening);
    }

    private (FeatureMap Doubt, FeatureMap Features) Look(Raster image)
    {
        if (backbone is not null)
            return backbone.Look(image).Smooth() is var seen ? (seen, seen) : default;
        var (doubt, features) = network!.Look(PlaneOf(image, size)); // there is one or the other
        return (doubt, features.Smooth());
    }

    private static Plane PlaneOf(Raster image, int size) => Plane.Of(image).Resize(size, size).Normalise();

    /// <summary>
    /// Scores of good images that nothing was learnt from, so brought to a scale that 0 is their mean and 1 is the limit: the (1 - a)(n + 1)-th of them, or
    /// where they are too few for that their largest.
    /// </summary>
    private static (double Offset, double Unit) Limit(double[] scores, double falseAlarms)
    {
        var (mean, at) = (scores.Average(), (int)Math.Ceiling((1 - falseAlarms) * (scores.Length + 1)));
        return (mean, Math.Max(1e-9, scores.Order().ElementAt(Math.Min(scores.Length, at) - 1) - mean));
    }

    private static string Text(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes<float>(values));

    private static float[] Floats(JsonNode? text)
    {
        var bytes = Convert.FromBase64String(text!.GetValue<string>());
        ModelFile.Must(bytes.Length % sizeof(float) == 0, "a list of numbers is cut off");
        var values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        ModelFile.Must(Array.TrueForAll(values, float.IsFinite), "a number is infinite");
        return values;
    }
}
