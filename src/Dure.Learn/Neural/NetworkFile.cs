using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Neural;

/// <summary>
/// A network as canonical JSON: its layers with what each takes from, and the weights as little-endian floats. The same network gives the same bytes;
/// what is read is checked as a stranger's.
/// </summary>
internal static class NetworkFile
{
    private const string Format = "dure-network-1";

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 16,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    private static readonly Dictionary<string, Type> Layers = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["dense"] = typeof(Dense),
        ["activation"] = typeof(Activation),
        ["convolution"] = typeof(Convolution),
        ["depthwise"] = typeof(Depthwise),
        ["pooling"] = typeof(Pooling),
        ["mean-of-positions"] = typeof(MeanOfPositions),
        ["sum"] = typeof(Sum),
        ["flatten"] = typeof(Flatten),
        ["fold"] = typeof(Fold),
        ["last-position"] = typeof(LastPosition),
        ["stretch"] = typeof(Stretch),
        ["dropout"] = typeof(Dropout),
        ["layer-normalisation"] = typeof(LayerNormalisation),
        ["batch-normalisation"] = typeof(BatchNormalisation),
        ["gru"] = typeof(Gru),
        ["lstm"] = typeof(Lstm),
        ["attention"] = typeof(Attention),
    };

    public static JsonObject Write(Network network) => new()
    {
        ["format"] = Format,
        ["input"] = JsonSerializer.SerializeToNode(network.Input, Strict),
        ["layers"] = new JsonArray([.. network.Nodes.Skip(1).Select(node => (JsonNode)new JsonObject
        {
            ["kind"] = node.Layer.Kind,
            ["from"] = new JsonArray([.. node.Inputs.Select(input => JsonValue.Create(input))]),
            ["set"] = JsonSerializer.SerializeToNode(node.Layer, node.Layer.GetType(), Strict),
        })]),
        ["weights"] = Text(network.Parameters),
        ["remembered"] = Text(network.Remembered),
    };

    /// <exception cref="ProblemException">It is no network of this form.</exception>
    public static Network Read(JsonObject file) => ModelFile.Checked(() =>
    {
        ModelFile.Must(file["format"]!.GetValue<string>() == Format, "its format is another");
        var builder = new NetworkBuilder(file["input"].Deserialize<Shape>(Strict));
        foreach (var each in file["layers"]!.AsArray())
        {
            ModelFile.Must(Layers.TryGetValue(each!["kind"]!.GetValue<string>(), out var type), "a layer is of no known kind");
            var layer = (Layer)each["set"].Deserialize(type!, Strict)!; // Must has looked
            int[] from = [.. each["from"]!.AsArray().Select(input => input!.GetValue<int>())];
            ModelFile.Must(from.Length > 0, "a layer takes from none");
            builder.Add(layer, from);
        }
        var network = builder.Build(seed: 0);
        Fill(file["weights"]!.GetValue<string>(), network.Parameters);
        Fill(file["remembered"]!.GetValue<string>(), network.Remembered);
        return network;
    });

    private static string Text(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes<float>(values));

    private static void Fill(string text, float[] values)
    {
        var bytes = Convert.FromBase64String(text);
        ModelFile.Must(bytes.Length == values.Length * sizeof(float), "it has more or fewer weights than its layers");
        MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
        ModelFile.Must(Array.TrueForAll(values, float.IsFinite), "a weight is no number");
    }
}
