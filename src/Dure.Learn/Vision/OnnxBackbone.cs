using System.Security.Cryptography;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;

namespace Dure.Learn.Vision;

/// <summary>A network from elsewhere, as ONNX, whose inner values are the features of an image: [1, channels, height, width] in, of any of its values out.</summary>
public sealed class OnnxBackbone
{
    private readonly OnnxModel model;
    private readonly string input;
    private readonly string[] outputs;
    private readonly float[] means, spreads;
    private readonly int size, channels;

    /// <param name="file">The ONNX file.</param>
    /// <param name="outputs">Names of values inside it, [1, c, h, w] each; all are brought to the size of the first and stand side by side.</param>
    /// <param name="size">Height and width it takes.</param>
    /// <param name="means">For each channel, taken from the brightness (0 to 1) before it is divided by <paramref name="spreads"/>.</param>
    /// <exception cref="ProblemException">It has no such values, or operators that are not known.</exception>
    public OnnxBackbone(ReadOnlyMemory<byte> file, IReadOnlyList<string> outputs, int size, IReadOnlyList<float> means, IReadOnlyList<float> spreads)
    {
        var read = OnnxModel.Read(file.Span);
        if (outputs.Count is < 1 or > 16 || means.Count is not (1 or 3) || spreads.Count != means.Count || spreads.Contains(0) || size is < 8 or > 2048)
            throw Bad("Its settings make no sense.");
        // Any value of the graph may be looked at, whether or not its maker named it as an output.
        model = read with { Graph = read.Graph with { Outputs = [.. outputs.Select(name => new OnnxValueInfo(name, OnnxType.Float, null))] } };
        (this.outputs, this.size, this.means, this.spreads, channels) = ([.. outputs], size, [.. means], [.. spreads], means.Count);
        var session = OnnxSession.Create(model);
        input = session.Inputs.Count == 1 ? session.Inputs[0].Name : throw Bad($"It takes {session.Inputs.Count} inputs.");
        Hash = Convert.ToHexStringLower(SHA256.HashData(file.Span));
    }

    /// <summary>SHA-256 of the file: a model that rests on its features names it.</summary>
    public string Hash { get; }

    /// <summary>What the network takes of an image, channel by channel.</summary>
    internal float[] Take(Raster image)
    {
        var values = new float[channels * size * size];
        for (var channel = 0; channel < channels; channel++)
        {
            var plane = channels == 1 ? Plane.Of(image) : Plane.Of(image, Math.Min(channel, image.Channels - 1));
            var resized = plane.Resize(size, size).Values;
            for (var i = 0; i < resized.Length; i++)
                values[channel * resized.Length + i] = (resized[i] - means[channel]) / spreads[channel];
        }
        return values;
    }

    /// <param name="taken">What <see cref="Take"/> gave.</param>
    internal FeatureMap Look(float[] taken)
    {
        var session = OnnxSession.Create(model);
        session.Set<float>(input, taken, 1, channels, size, size);
        session.Run();
        var maps = outputs.Select(name => Turned(session, name)).ToArray();
        return FeatureMap.Join([.. maps.Select(map => map.Resize(maps[0].Width, maps[0].Height))]);
    }

    private static FeatureMap Turned(OnnxSession session, string name)
    {
        var shape = session.ShapeOf(name);
        if (shape.Length != 4 || shape[0] != 1)
            throw Bad($"'{name}' is [{string.Join(',', shape.ToArray())}], not one map of features.");
        var (depth, positions, from) = (shape[1], shape[2] * shape[3], session.Get<float>(name).ToArray());
        var values = new float[from.Length];
        for (var i = 0; i < from.Length; i++)
            values[i % positions * depth + i / positions] = from[i];
        return new FeatureMap(shape[3], shape[2], depth, values);
    }

    private static ProblemException Bad(string what) => new("urn:dure:learn:bad-backbone", what, "backbone", "Give an ONNX network of images and the names of values of the form [1, channels, height, width] inside it.");
}
