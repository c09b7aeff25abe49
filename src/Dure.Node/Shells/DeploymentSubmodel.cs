using System.Globalization;
using System.Xml;
using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Learn;
using Dure.Node.Hosting;

namespace Dure.Node.Shells;

/// <summary>A model at work on a device as the submodel AI Deployment (IDTA 02059), made from the fleet's book.</summary>
internal static class DeploymentSubmodel
{
    public static Submodel Of(Device device, ModelVersion model, DatasetCatalog datasets, PlantIds ids, NodeAddress address)
    {
        var package = device.Package!.Value; // only devices that were given one are asked for
        return AiDeploymentTemplate.Fill(new AiDeploymentFacts(
            new AiHead(ids.Deployment(device.Id), ids.Device(device.Id), package.Short, Reference.External(address.Did.Value)),
            Reference.Model(KeyKind.Submodel, PlantIds.ModelSubmodel(model.Version.Hex)),
            "ONNX in a signed package (.durepkg)",
            new FileAddress(address.At($"/api/v1/packages/{package}").AbsoluteUri, "application/octet-stream", package.Hex),
            ModelSubmodel.InputsOf(model.Manifest, datasets.TryFind(Kernel.ContentHash.Parse(model.Manifest.DatasetId))),
            [new Named("Score", "statistic divided by the machine's limit, one for each row; above 1 is beyond it"), new Named("Alarm", "raised when scores stay above 1")],
            null, default, // nobody has measured how long a row takes on this device
            device.Health is { } health ? new AiMonitoring($"{XmlConvert.ToString(TimeSpan.FromSeconds(Math.Floor(health.UptimeSeconds)))}, {device.Rows.ToString(CultureInfo.InvariantCulture)} rows, {device.Alarms.ToString(CultureInfo.InvariantCulture)} alarms", null, null, null, null, null) : null));
    }
}
