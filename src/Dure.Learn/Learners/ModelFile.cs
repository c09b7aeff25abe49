using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Learn.Learners;

/// <summary>What the files of all models share: the task beside what the learner found.</summary>
internal static class ModelFile
{
    private const int MostDepth = 32;

    public static byte[] Write(LearningTask task, JsonNode model) => CanonicalJson.Serialize(new JsonObject
    {
        ["classes"] = new JsonArray([.. task.Classes.Select(name => JsonValue.Create(name))]),
        ["model"] = model,
    });

    /// <exception cref="ProblemException">The bytes are no model's file.</exception>
    public static (LearningTask Task, JsonObject Model) Read(ReadOnlyMemory<byte> file) => Checked(() =>
    {
        var whole = JsonNode.Parse(file.Span, documentOptions: new JsonDocumentOptions { MaxDepth = MostDepth })!.AsObject();
        string[] classes = [.. whole["classes"]!.AsArray().Select(name => name!.GetValue<string>())];
        return (classes.Length == 0 ? LearningTask.Regression : LearningTask.Classification(classes), whole["model"]!.AsObject());
    });

    /// <summary>Reads a part of a file, where whatever is missing or of another form means that it is damaged.</summary>
    public static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentException or OverflowException or KeyNotFoundException or ProblemException { Problem.Type: "urn:dure:kernel:no-canonical-form" })
        {
            throw Damaged("it is not of the form that is expected", damaged);
        }
    }

    public static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    /// <summary>A list of numbers, none of them infinite.</summary>
    public static double[] Numbers(JsonNode? list)
    {
        double[] numbers = [.. list!.AsArray().Select(value => value!.GetValue<double>())];
        Must(numbers.All(double.IsFinite), "a number is infinite");
        return numbers;
    }

    public static void Must(bool holds, string otherwise)
    {
        if (!holds)
            throw Damaged(otherwise, null);
    }

    private static ProblemException Damaged(string what, Exception? cause) =>
        new("urn:dure:learn:damaged-model", $"The model cannot be read: {what}.", "model file", "Take the file again from where it was trained.", cause);
}
