using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Learners;
using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>
/// Says of which of some kinds an image is: a small residual network of convolutions (He et al. 2016) over images brought to a square. Labels with few
/// images count as much as those with many. The same images, options and seed give the same model, byte by byte, on any number of threads.
/// </summary>
public sealed class ImageClassifier
{
    private const string Format = "dure-image-classes-1";

    /// <summary>Examples of a step, and of the part of it that one thread runs.</summary>
    private const int Batch = 32, LeastRows = 8;

    /// <summary>Few images are seen in so many views in one pass, at most.</summary>
    private const int Views = 1024, MostViews = 4;

    /// <summary>A label with few images counts at most so many times as much as the usual.</summary>
    private const double MostWeight = 10;

    /// <summary>This share of the truth is spread over all labels, for some images stand under a wrong one.</summary>
    private const float Smoothing = 0.05f;

    private const int Patience = 8;

    private static readonly Activation Relu = new(ActivationFunction.Relu);

    private readonly LearningTask task;
    private readonly int size;
    private readonly ImageScale scale;
    private readonly Network network;
    private readonly TemperatureCalibration calibration;
    private readonly MondrianSets sets;
    private readonly ConcurrentBag<Workspace> idle = [];

    private ImageClassifier(LearningTask task, int size, ImageScale scale, Network network, TemperatureCalibration calibration, MondrianSets sets) =>
        (this.task, this.size, this.scale, this.network, this.calibration, this.sets) = (task, size, scale, network, calibration, sets);

    /// <summary>The labels it tells apart, in the order of their probabilities.</summary>
    public IReadOnlyList<string> Labels => task.Classes;

    public LearningTask Task => task;

    /// <summary>Points across and down to which images are brought.</summary>
    public int Size => size;

    public bool IsColour => scale.Channels == 3;

    /// <summary>What its sets promise.</summary>
    public MondrianSets Sets => sets;

    /// <param name="classes">The number of each image's label.</param>
    /// <param name="image">An image by its number; asked by several threads at once.</param>
    /// <exception cref="ProblemException">A label has no image that teaches, all images are alike, or an option makes no sense.</exception>
    public static ImageClassifier Train(LearningTask task, IReadOnlyList<int> classes, ImageParts parts, Func<int, Raster> image, ImageClassOptions options, LearningContext context)
    {
        options.Check();
        if (Enumerable.Range(0, task.Classes.Count).Except(parts.Learnt.Select(i => classes[i])).ToList() is [var none, ..])
            throw new ProblemException("urn:dure:learn:too-few-images", $"No image teaches what '{task.Classes[none]}' is.", "images", "Give images of each label.");
        Thumbnail[] read(IReadOnlyList<int> numbers)
        {
            var found = new Thumbnail[numbers.Count];
            InParallel.For(found.Length, i => found[i] = ImageRoom.Read(() => image(numbers[i]), one => Thumbnail.Of(one, options.Size, options.Colour ?? true), context.Cancel), context.Cancel, context.Threads);
            return found;
        }
        var (learnt, stops) = (read(parts.Learnt), read(parts.Stops));
        if (Array.TrueForAll(learnt, one => one.Values.AsSpan().SequenceEqual(learnt[0].Values)))
            throw new ProblemException("urn:dure:learn:equal-images", "All images that teach look the same.", "images", "Give images in which the labels can be told apart.");
        if (options.Colour is null && !Array.Exists(learnt, one => one.HasColour))
            (learnt, stops) = (Array.ConvertAll(learnt, one => one.Grey()), Array.ConvertAll(stops, one => one.Grey()));
        int[] of(IReadOnlyList<int> numbers) => [.. numbers.Select(i => classes[i])];
        var (scale, weights) = (ImageScale.Of(learnt), Weights(of(parts.Learnt), task.Classes.Count));
        var network = Build(options.Size, scale.Channels, options.Width, task.Outputs, context.Seed);
        var training = new NetworkTraining { Epochs = options.Epochs, BatchSize = Batch, LeastRows = LeastRows, JudgedAtOnce = Batch, LearningRate = 3e-3, WeightDecay = 1e-2, Patience = Patience, Seed = context.Seed };
        var views = new ImageViews(learnt, of(parts.Learnt), scale, weights, Math.Clamp(Views / learnt.Length, 1, MostViews), context.Seed);
        var judges = stops.Length == 0 ? null : new ImageViews(stops, of(parts.Stops), scale, weights, 0, 0);
        new NetworkTrainer(network, new CrossEntropy(Smoothing), views, judges, training, context.Threads).Run(context.Progress, context.Checkpoint, context.Cancel, context.Finish);

        ImageClassifier with(TemperatureCalibration temperature, MondrianSets sets) => new(task, options.Size, scale, network, temperature, sets);
        var noSets = new MondrianSets(new(options.Level, double.PositiveInfinity, 0), []);
        // Images that say when to stop also say how sure to be: then those that set the sets are as new to it as what it is asked later. Without such images
        // the sets are set by those that gave one number before.
        var calibrating = parts.Stops.Count > 0 ? parts.Stops : parts.Held;
        var temperature = TemperatureOf(task, with(new(1), noSets).Predictions(calibrating, image, context), Array.ConvertAll(of(calibrating), one => (float)one), context.Cancel);
        return with(temperature, MondrianSets.Of(task, with(temperature, noSets).Predictions(parts.Held, image, context), Array.ConvertAll(of(parts.Held), one => (float)one), options.Level));
    }

    /// <summary>A few images can show that it is too sure; that it may be surer they cannot.</summary>
    private static TemperatureCalibration TemperatureOf(LearningTask task, double[] predictions, float[] labels, CancellationToken cancel) =>
        new(Math.Max(1, ((TemperatureCalibration)ProbabilityCalibration.Of("temperature", task, predictions, labels, cancel)).Temperature));

    private double[] Predictions(IReadOnlyList<int> numbers, Func<int, Raster> image, LearningContext context)
    {
        var predictions = new double[numbers.Count * task.Outputs];
        InParallel.For(numbers.Count, i => Predict(() => image(numbers[i]), context.Cancel).CopyTo(predictions, i * task.Outputs), context.Cancel, context.Threads);
        return predictions;
    }

    /// <exception cref="ProblemException">What comes out is no number, as of a damaged network.</exception>
    public ImageAnswer Tell(Raster image)
    {
        var prediction = Predict(Thumbnail.Of(image, size, IsColour));
        var probabilities = ConformalSets.Probabilities(task, prediction);
        var most = Array.IndexOf(probabilities, probabilities.Max());
        return new(task.Classes[most], probabilities, [.. sets.Of(task, prediction).Select(number => task.Classes[number])]);
    }

    /// <summary>As a model of a table gives them: <see cref="LearningTask.Outputs"/> numbers.</summary>
    /// <param name="image">Is read when there is room for it.</param>
    internal double[] Predict(Func<Raster> image, CancellationToken cancel) => Predict(ImageRoom.Read(image, one => Thumbnail.Of(one, size, IsColour), cancel));

    /// <summary>What the network takes of an image: rows, points, channels, 0 to 255; the graph's input, but for the number of images.</summary>
    public float[] Taken(Raster image)
    {
        var into = new float[network.Input.Size];
        ImageViews.Fill(Thumbnail.Of(image, size, IsColour), into);
        return into;
    }

    /// <summary>The network with its scaling and its calibration: <c>image</c> [n, size, size, 1 or 3], 0 to 255, in, and the probabilities out.</summary>
    public OnnxModel ToOnnx(string name)
    {
        var graph = new GraphBuilder(name);
        var images = new OnnxDimension(null, "n");
        var x = graph.Input("image", OnnxType.Float, [images, .. network.Input.Dims.Select(length => new OnnxDimension(length))]);
        var scaled = graph.Div(graph.Sub(x, graph.Constant<float>("means", scale.Means, scale.Channels)), graph.Constant<float>("spreads", scale.Spreads, scale.Channels));
        var outputs = network.AddTo(graph, scaled);
        var probabilities = task.Outputs == 1 ? graph.Node("Sigmoid", [outputs]) : graph.Node("Softmax", [outputs], [OnnxAttribute.Of("axis", 1L)]);
        return graph.Output("prediction", calibration.AddTo(graph, probabilities, task.Outputs == 1), OnnxType.Float, images, new OnnxDimension(task.Outputs)).Build();
    }

    /// <summary>The model as canonical JSON.</summary>
    public byte[] Write() => ModelFile.Write(task, new JsonObject
    {
        ["format"] = Format,
        ["size"] = size,
        ["means"] = ModelFile.Numbers(scale.Means.Select(value => (double)value)),
        ["spreads"] = ModelFile.Numbers(scale.Spreads.Select(value => (double)value)),
        ["network"] = NetworkFile.Write(network),
        ["calibration"] = JsonNode.Parse(calibration.Write()),
        ["sets"] = sets.ToJson(),
    });

    /// <summary>Reads what <see cref="Write"/> gave, as a stranger's.</summary>
    /// <exception cref="ProblemException">The bytes are no such model.</exception>
    public static ImageClassifier Read(ReadOnlyMemory<byte> file)
    {
        var (task, text) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            ModelFile.Must(text["format"]!.GetValue<string>() == Format && task.IsClassification && task.Classes.Count <= ImageClassOptions.MostLabels, "its format is another");
            var size = text["size"]!.GetValue<int>();
            ModelFile.Must(size is >= ImageClassOptions.LeastSize and <= ImageClassOptions.MostSize && size % 8 == 0, "its size makes no sense");
            float[] numbers(string name) => [.. ModelFile.Numbers(text[name]).Select(value => (float)value)];
            var (means, spreads) = (numbers("means"), numbers("spreads"));
            ModelFile.Must(means.Length is 1 or 3 && spreads.Length == means.Length && Array.TrueForAll(means, float.IsFinite) && Array.TrueForAll(spreads, value => value > 0 && float.IsFinite(value)), "its scale makes no sense");
            var network = NetworkFile.Read(text["network"]!.AsObject());
            var expected = Build(size, means.Length, WidthOf(network), task.Outputs, 0);
            ModelFile.Must(network.Input == expected.Input && network.Nodes.Select(node => node.Layer).SequenceEqual(expected.Nodes.Select(node => node.Layer))
                && network.Nodes.Zip(expected.Nodes).All(pair => pair.First.Inputs.SequenceEqual(pair.Second.Inputs)), "its network has other layers");
            ModelFile.Must(ProbabilityCalibration.Read(CanonicalJson.Serialize(text["calibration"]!)) is TemperatureCalibration { Temperature: >= 1 and < double.PositiveInfinity }, "its calibration is another");
            return new ImageClassifier(task, size, new(means, spreads), network, TemperatureCalibration.Of(ModelFile.Numbers(text["calibration"]!["numbers"])), MondrianSets.Read(text["sets"]!.AsObject(), task));
        });
    }

    /// <exception cref="ProblemException">What comes out is no number.</exception>
    private double[] Predict(Thumbnail image)
    {
        if (!idle.TryTake(out var workspace))
            workspace = new Workspace(network);
        var input = workspace.Prepare(1);
        ImageViews.Fill(image, input);
        scale.Apply(input);
        double[] prediction = [.. workspace.Forward()];
        idle.Add(workspace);
        if (!Array.TrueForAll(prediction, double.IsFinite))
            throw new ProblemException("urn:dure:learn:no-numbers", "What the network says is no number.", "image", "The model is damaged: train it anew.");
        task.Loss().Transform(prediction);
        calibration.Apply(prediction);
        return prediction;
    }

    /// <summary>Each label together counts the same, but for labels with next to no images.</summary>
    private static double[] Weights(int[] classes, int labels)
    {
        var weights = new double[labels];
        for (var one = 0; one < labels; one++)
            weights[one] = Math.Min(MostWeight, (double)classes.Length / labels / Math.Max(1, classes.Count(of => of == one)));
        return weights;
    }

    private static Network Build(int size, int channels, int width, int outputs, int seed)
    {
        var builder = new NetworkBuilder(Shape.Image(size, size, channels));
        builder.Then(new Convolution(width, Sliding.Square(3))).Then(new BatchNormalisation()).Then(Relu).Then(Pooling.MaxSquare(2));
        AddBlock(builder, 2 * width);
        builder.Then(Pooling.MaxSquare(2));
        AddBlock(builder, 4 * width);
        builder.Then(Pooling.MaxSquare(2));
        AddBlock(builder, 4 * width);
        return builder.Then(new MeanOfPositions()).Then(new Dropout(0.2f)).Then(new Dense(outputs)).Build(seed);
    }

    /// <summary>Two convolutions, and what came in added to what they give.</summary>
    private static void AddBlock(NetworkBuilder builder, int width)
    {
        var before = builder.Last;
        if (builder.ShapeOf(before).Channels != width)
            before = builder.Add(new Dense(width), before);
        builder.Then(new Convolution(width, Sliding.Square(3))).Then(new BatchNormalisation()).Then(Relu).Then(new Convolution(width, Sliding.Square(3))).Then(new BatchNormalisation());
        builder.Add(new Sum(), before, builder.Last);
        builder.Then(Relu);
    }

    /// <summary>The first layer's channels, from which all others follow.</summary>
    private static int WidthOf(Network network)
    {
        var width = network.Nodes.Count > 1 ? network.Nodes[1].Shape.Channels : 0;
        ModelFile.Must(width is > 0 and <= ImageClassOptions.MostWidth, "its network has other layers");
        return width;
    }
}
