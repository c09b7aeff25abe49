using System.Text.Json.Serialization;

namespace Dure.Node.Http;

/// <summary>How the node's own wire types are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class NodeJson : JsonSerializerContext;
