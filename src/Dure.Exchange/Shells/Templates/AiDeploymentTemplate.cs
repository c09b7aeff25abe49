using static Dure.Exchange.Shells.Templates.TemplateParts;

namespace Dure.Exchange.Shells.Templates;

/// <summary>A model at work on a device, as the template wants it.</summary>
/// <param name="Model">The submodel of the model that runs.</param>
/// <param name="Format">For example <c>ONNX</c>.</param>
/// <param name="Package">The file that the device runs.</param>
/// <param name="InferenceTime">How long one row takes, in words with the unit; null when nobody has measured.</param>
/// <param name="Hardware">What it was measured on: the processor and the memory.</param>
/// <param name="Monitoring">What is watched while it runs.</param>
public sealed record AiDeploymentFacts(AiHead Head, Reference Model, string Format, FileAddress? Package, IReadOnlyList<Named> Inputs, IReadOnlyList<Named> Outputs,
    string? InferenceTime, (string? Cpu, string? Ram) Hardware, AiMonitoring? Monitoring, Reference? RiskAssessment = null);

/// <summary>What is known of a model at work; null for what is not measured.</summary>
public sealed record AiMonitoring(string? RunTime, string? CpuWorkload, string? RamWorkload, string? DataDrift, string? ConceptDrift, string? PerformanceDrift);

/// <summary>AI Deployment 1.0.1 (IDTA 02059).</summary>
public static class AiDeploymentTemplate
{
    public const string SemanticId = "https://admin-shell.io/idta/SubmodelTemplate/AIDeployment/1/0";
    private const string Base = "https://admin-shell.io/idta/AIDeployment/";
    private const string Inference = Base + "PerformanceInformation/InferenceTime/";
    private const string Live = Base + "LiveMonitoring/";
    private const string Cpu = "0173-1#01-ACL481#008";
    private const string Ram = "0173-1#01-ACL340#008";

    public static Submodel Fill(AiDeploymentFacts facts) => Submodel(facts.Head.SubmodelId, "AIDeployment", Reference.External(SemanticId),
        Text("URIOfTheProduct", UriOfTheProduct, facts.Head.Uri),
        Text("Version", TemplateParts.Version, facts.Head.Version),
        Link("ContactInformation", Base + "Contactinformation/1/0", facts.Head.Contact),
        Link("ModelNameplateRef", Base + "ModelNameplateRef/1/0", facts.Model),
        Group("Storage", Base + "Storage/1/0", Text("Format", Base + "Storage/Format/1/0", facts.Format), File("DeployedModel", Base + "Storage/DeployedModel/1/0", facts.Package)),
        Group("Input", Base + "Input/1/0", AiDatasetTemplate.Texts(facts.Inputs, Base + "Input/InputProperty/1/0")),
        Group("Output", Base + "Output/1/0", AiDatasetTemplate.Texts(facts.Outputs, Base + "Output/OutputProperty/1/0")),
        facts.InferenceTime is null ? null : Group("PerformanceInformation", Base + "PerformanceInformation/1/0", Group("InferenceTime", Inference + "1/0",
            English("Time", Inference + "Time/1/0", facts.InferenceTime),
            new SubmodelElementCollection { IdShort = "Hardware", SemanticId = Reference.External(Inference + "Hardware/1/0"), Value = Hardware(facts.Hardware) })),
        facts.Monitoring is { } monitoring ? Monitoring(monitoring) : null,
        facts.RiskAssessment is { } risk ? Link("RiskAssessment", Base + "RiskAssessment/1/0", risk) : null);

    private static SubmodelElement[]? Hardware((string? Cpu, string? Ram) hardware) =>
        ((SubmodelElement?[])[Text("CPU", Cpu, hardware.Cpu), Text("RAM", Ram, hardware.Ram)]).OfType<SubmodelElement>().ToArray() is { Length: > 0 } some ? some : null;

    private static SubmodelElement? Monitoring(AiMonitoring facts) => Group("LiveMonitoring", Base + "LiveMonitoring/1/0",
        Text("RunTime", Live + "RunTime/1/0", facts.RunTime),
        Group("HardwareWorkload", Live + "HardwareWorkload/1/0",
            Text("CPUWorkload", Live + "HardwareWorkload/CPUWorkload/1/0", facts.CpuWorkload), Text("RAMWorkload", Live + "HardwareWorkload/RAMWorkload/1/0", facts.RamWorkload)),
        Group("DriftMetrics", Live + "DriftMetrics/1/0",
            Text("DataDrift", Live + "DriftMetrics/DataDrift/1/0", facts.DataDrift), Text("ConceptDrift", Live + "DriftMetrics/ConceptDrift/1/0", facts.ConceptDrift),
            Text("PerformanceDrift", Live + "DriftMetrics/PerformanceDrift/1/0", facts.PerformanceDrift)));
}
