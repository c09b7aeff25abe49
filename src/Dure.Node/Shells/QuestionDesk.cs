using System.Globalization;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Historian;
using Dure.Kernel;

namespace Dure.Node.Shells;

/// <summary>
/// Questions about a machine as operations of a submodel: asked by invoking, answered from the historian, never touching the machine. The
/// one there is asks for the newest sample of a signal.
/// </summary>
internal sealed class QuestionDesk(PlantIds ids, PlantDirectory directory, PlantHistorian historian)
{
    private const string SubmodelMeaning = "urn:dure:semantics:questions";
    private const string Meaning = "urn:dure:semantics:questions:latest-sample";
    private const string Signal = "Signal";

    public static Submodel Of(string id) => new()
    {
        Id = id,
        IdShort = "Questions",
        Kind = ModellingKind.Instance,
        SemanticId = Reference.External(SubmodelMeaning),
        Description = LangString.English("Operations that ask and change nothing; invoke them."),
        SubmodelElements =
        [
            new Operation
            {
                IdShort = "LatestSample", SemanticId = Reference.External(Meaning), Description = LangString.English("The newest sample of one of the machine's signals."),
                InputVariables = [Variable(Signal, XsdType.String, null)],
                OutputVariables = [Variable("Value", XsdType.Double, null), Variable("Unit", XsdType.String, null), Variable("Time", XsdType.DateTime, null), Variable("Quality", XsdType.String, null)],
            },
        ],
    };

    /// <summary>The output arguments; null when the operation is none of these questions, or has no answer.</summary>
    /// <param name="failure">Why there is no answer.</param>
    public IReadOnlyList<SubmodelElement>? TryAnswer(Submodel submodel, Operation operation, IReadOnlyList<SubmodelElement> inputs, out string failure)
    {
        failure = "No operation of this kind is connected here: acting on machines passes one gate, and shells do not lead to it.";
        if (directory.Now.Sources.GetValueOrDefault(submodel.Id) is not MachineQuestions { Path: var path } || submodel.Id != ids.Questions(path) || operation.IdShort != "LatestSample")
            return null;
        var name = inputs.OfType<Property>().FirstOrDefault(input => input.IdShort == Signal)?.Value ?? "";
        if (!SignalId.TryParse($"{path}/{name}", out var id, out _) || !historian.TryFind(id, out var signal) || signal.Latest is not { } latest)
        {
            failure = $"The machine has no signal '{name}' with a sample.";
            return null;
        }
        failure = "";
        return
        [
            Variable("Value", XsdType.Double, XsdNumber(latest.Value)).Value,
            Variable("Unit", XsdType.String, signal.Definition.Unit.Code).Value,
            Variable("Time", XsdType.DateTime, latest.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)).Value,
            Variable("Quality", XsdType.String, latest.Quality.ToString()).Value,
        ];
    }

    private static OperationVariable Variable(string name, XsdType type, string? value) => new() { Value = new Property { IdShort = name, ValueType = type, Value = value } };

    private static string XsdNumber(double value) => double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "INF" : double.IsNegativeInfinity(value) ? "-INF" : value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>That questions can be asked about a machine.</summary>
internal sealed record MachineQuestions(string Path);
