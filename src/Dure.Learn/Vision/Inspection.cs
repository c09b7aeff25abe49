using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Calibration;
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

    /// <summary>Features of all images that teach: a gibibyte.</summary>
    private const long MostFeatures = 1 << 28;

    private const int MostHealthy = 100_000;

    private readonly InspectionMethod method;
    private readonly int size;
    private readonly SurfaceNetwork? network;
    private readonly OnnxBackbone? backbone;
    private readonly PatchMemory? memory;
    private readonly PositionGaussians? positions;
    private readonly (double Offset, double Unit) scale;

    /// <summary>What good images scored that nothing was learnt from.</summary>
    private readonly ConformalAnomaly? healthy;

    private Inspection(InspectionMethod method, int size, SurfaceNetwork? network, OnnxBackbone? backbone, PatchMemory? memory, PositionGaussians? positions, (double Offset, double Unit) scale, ConformalAnomaly? healthy = null) =>
        (this.method, this.size, this.network, this.backbone, this.memory, this.positions, this.scale, this.healthy) = (method, size, network, backbone, memory, positions, scale, healthy);

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
        int[] placed = [.. order.Take(kept).Order(), .. order.Skip(kept)];
        return Train(kept, good.Count - kept, i => good[placed[i]], options, context);
    }

    /// <param name="learnt">So many images teach: the first ones.</param>
    /// <param name="held">So many, which come next, set the limit.</param>
    /// <param name="good">An image by its number; asked by several threads at once, and more than once.</param>
    internal static Inspection Train(int learnt, int held, Func<int, Raster> good, InspectionOptions options, LearningContext context)
    {
        var planes = new Plane[options.Backbone is null ? learnt : 0];
        InParallel.For(planes.Length, i => planes[i] = ImageRoom.Read(() => good(i), image => PlaneOf(image, options.Size), context.Cancel), context.Cancel, context.Threads);
        var network = options.Backbone is null ? SurfaceNetwork.Train(planes, options.Pieces, options.Epochs, context) : null;
        var blank = new Inspection(options.Method, options.Size, network, options.Backbone, null, null, (0, 1));
        var maps = new FeatureMap[options.Method == InspectionMethod.Taught ? 0 : learnt];
        FeatureMap featuresOf(int i) => blank.Look(ImageRoom.Read(() => good(i), blank.Taken, context.Cancel)).Features;
        if (maps.Length > 0)
            CheckRoom(maps[0] = featuresOf(0), learnt, options);
        InParallel.For(Math.Max(0, maps.Length - 1), i => maps[i + 1] = featuresOf(i + 1), context.Cancel, context.Threads);
        var memory = options.Method == InspectionMethod.Patches ? PatchMemory.Of(maps, options.Memory, context.Seed, context.Cancel) : null;
        var positions = options.Method == InspectionMethod.Positions ? PositionGaussians.Of(maps, options.Channels, context.Seed, context) : null;
        Inspection with((double Offset, double Unit) scale, ConformalAnomaly? healthy) => new(options.Method, options.Size, network, options.Backbone, memory, positions, scale, healthy);

        var (raw, scores) = (with((0, 1), null), new double[held]);
        InParallel.For(held, i => scores[i] = raw.Inspect(() => good(learnt + i), context.Cancel).Score, context.Cancel, context.Threads);
        var scale = Limit(scores, options.FalseAlarms);
        return with(scale, ConformalAnomaly.Of(Array.ConvertAll(scores, score => (score - scale.Offset) / scale.Unit)));
    }

    /// <param name="first">What the first image shows.</param>
    private static void CheckRoom(FeatureMap first, int learnt, InspectionOptions options)
    {
        // A memory is chosen in so many dimensions, also where there are fewer channels.
        var each = (long)first.Positions * (options.Method == InspectionMethod.Patches ? Math.Max(first.Channels, PatchMemory.Projected) : first.Channels);
        if (each * learnt > MostFeatures)
            throw new ProblemException("urn:dure:learn:too-many-features", $"{learnt} images have {each * learnt:N0} features; there is room for {MostFeatures:N0}.", "size or backbone", "Give a smaller size, or values of the backbone from deeper inside.");
        if (options.Method == InspectionMethod.Positions)
            PositionGaussians.Check(first, options.Channels);
    }

    /// <param name="name">What the image is called.</param>
    /// <exception cref="ProblemException">It is too small to show anything.</exception>
    public static void CheckSize(Raster image, string name)
    {
        if (Math.Min(image.Width, image.Height) < InspectionOptions.LeastSide)
            throw new ProblemException("urn:dure:learn:small-image", $"It has {image.Width} x {image.Height} points.", $"image '{name}'", $"Give images of {InspectionOptions.LeastSide} points across and down at least: less shows no surface.");
    }

    /// <summary>How much an image's brightness varies over its points, 0 to 1: a covered lens or a lamp that is off leaves next to nothing.</summary>
    public static double Contrast(Raster image)
    {
        var (values, sum, squares) = (Plane.Of(image).Values, 0.0, 0.0);
        foreach (var value in values)
            (sum, squares) = (sum + value, squares + (double)value * value);
        return Math.Sqrt(Math.Max(0, squares / values.Length - sum * sum / values.Length / values.Length));
    }

    /// <exception cref="ProblemException">Its features are no numbers, as those of a damaged network: it can be said neither good nor bad.</exception>
    public InspectionResult Inspect(Raster image) => Inspect(Taken(image));

    /// <summary>Inspects an image that is read when there is room for it.</summary>
    /// <inheritdoc cref="Inspect(Raster)"/>
    internal InspectionResult Inspect(Func<Raster> image, CancellationToken cancel) => Inspect(ImageRoom.Read(image, Taken, cancel));

    private InspectionResult Inspect(float[] taken)
    {
        var (doubt, features) = Look(taken);
        var (map, score) = (doubt.Values, 0.0);
        if (memory is not null)
            map = memory.Distances(features, out score);
        else if (positions is not null)
            map = positions.Distances(features, out score);
        else
            score = map.OrderDescending().Take(Math.Max(1, (int)(map.Length * DoubtfulShare))).Average();
        score = (score - scale.Offset) / scale.Unit;
        var scaled = Array.ConvertAll(map, value => (float)((value - scale.Offset) / scale.Unit));
        if (!double.IsFinite(score) || !Array.TrueForAll(scaled, float.IsFinite))
            throw NotFinite("Its score is no finite number.");
        return new InspectionResult(score, healthy?.Share(score) ?? double.NaN, doubt.Width, doubt.Height, scaled);
    }

    /// <summary>The model as canonical JSON. A backbone is not in it: it is named by its hash.</summary>
    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["format"] = Format,
        ["method"] = (int)method,
        ["size"] = size,
        ["scale"] = ModelFile.Numbers([scale.Offset, scale.Unit]),
        ["healthy"] = ModelFile.Numbers(healthy?.Healthy ?? []),
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
        var healthy = ModelFile.Numbers(whole["healthy"]);
        ModelFile.Must(healthy.Length is > 0 and <= MostHealthy, "it has no scores of good images, or too many");
        var network = backbone is null ? SurfaceNetwork.FromJson(whole["network"]!.AsObject()) : null;
        var blank = new Inspection(InspectionMethod.Taught, size, network, backbone, null, null, (0, 1));
        var features = blank.Seen(blank.Taken(new Raster(1, 1, 1, [0]))).Features;
        return new Inspection(method, size, network, backbone,
            method == InspectionMethod.Patches ? ReadMemory(whole["memory"]!.AsObject(), features) : null,
            method == InspectionMethod.Positions ? ReadPositions(whole["positions"]!.AsObject(), features) : null, (scale[0], scale[1]), ConformalAnomaly.Of(healthy));
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
        ModelFile.Must(means.Length == features.Positions * channels.Length && whitening.LongLength == means.LongLength * channels.Length, "its distributions do not fit its features");
        return new PositionGaussians(channels, means, whitening);
    }

    /// <summary>What the network takes of an image: it has one size, whatever the image's.</summary>
    private float[] Taken(Raster image) => backbone?.Take(image) ?? PlaneOf(image, size).Values;

    private (FeatureMap Doubt, FeatureMap Features) Look(float[] taken)
    {
        var (doubt, features) = Seen(taken);
        return Array.TrueForAll(features.Values, float.IsFinite) && Array.TrueForAll(doubt.Values, float.IsFinite) ? (doubt, features.Smooth()) : throw NotFinite("Its features are no finite numbers.");
    }

    /// <summary>What there is, whether or not these are numbers.</summary>
    private (FeatureMap Doubt, FeatureMap Features) Seen(float[] taken)
    {
        if (backbone is not null)
            return backbone.Look(taken) is var seen ? (seen, seen) : default;
        return network!.Look(new Plane(size, size, taken)); // there is one or the other
    }

    /// <summary>A score that is no number would be beyond no limit, and so pass for good.</summary>
    private static ProblemException NotFinite(string what) => new("urn:dure:learn:no-numbers", what, "image", "The network or the model that looks at it is damaged, or does not take such values: train it anew, with another backbone where it rests on one.");

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
