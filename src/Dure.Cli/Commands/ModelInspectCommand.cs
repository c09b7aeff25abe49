using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Vision;

namespace Dure.Cli.Commands;

/// <summary><c>dure model inspect</c>: shows images to an inspection or a classifier and says what it thinks of them.</summary>
internal static class ModelInspectCommand
{
    public static Command Build(SharedOptions shared)
    {
        var version = ModelCommand.Version();
        var files = new Argument<FileInfo[]>("images") { Description = "PNG or JPEG files", Arity = ArgumentArity.OneOrMore };
        var map = new Option<FileInfo?>("--map") { Description = "Where to write the image with what is strange marked on it (PNG); for one image" };
        var command = new Command("inspect", "Show images to a model: an inspection says how strange each is, and where; a classifier which label it bears.\n\nExamples:\n  dure model inspect tiles photo.jpg --map strange.png\n  dure model inspect tiles shift3/*.png") { version, files, map };
        command.SetAction(async (parsed, cancel) =>
        {
            var images = parsed.GetValue(files)!; // one or more
            if (parsed.GetValue(map) is not null && images.Length > 1)
                throw new ProblemException("urn:dure:cli:bad-words", "A map is asked for, and several images are named.", "--map", "Name one image.");
            using var node = shared.Connect(parsed);
            var answers = new JsonArray();
            foreach (var image in images)
            {
                if (!image.Exists)
                    throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", image.FullName, "Check the path.");
                using var content = new StreamContent(image.OpenRead());
                var answer = await node.Post($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/inspections?file={Uri.EscapeDataString(image.Name)}", content, cancel); // a required argument
                if (parsed.GetValue(map) is not null && answer["map"] is null)
                    throw new ProblemException("urn:dure:cli:bad-words", "The model tells labels apart; it does not say where anything is.", "--map", "Leave it out, or ask an inspection.");
                if (parsed.GetValue(map) is { } to)
                    await File.WriteAllBytesAsync(to.FullName, Picture(await File.ReadAllBytesAsync(image.FullName, cancel), answer["map"]!), cancel);
                answer["file"] = image.Name;
                answers.Add(answer);
                if (!parsed.GetValue(shared.Json))
                    Console.WriteLine(answer["label"] is null ? InWords(image.Name, answer) : Told(image.Name, answer));
            }
            return shared.Print(parsed, answers.Count == 1 ? answers[0]! : answers, () => { });
        });
        return command;
    }

    private static string Told(string file, JsonNode answer)
    {
        var possible = answer["possible"]!.AsArray().Select(label => (string?)label).ToList();
        var words = $"{file}: {answer.Text("label")}, probability {answer.Number("probability"):0.00}; {(possible.Count == 1 ? "no other is possible" : $"possible: {string.Join(", ", possible)}")} ({answer.Number("level"):P0})" + Notes(answer);
        return answer["proven"]?.GetValue<bool>() == false ? words + "\n  Note: this model cannot be told from an answer that looks at nothing." : words;
    }

    private static string InWords(string file, JsonNode answer)
    {
        var (score, good) = (answer.Number("score"), answer.Whole("goodImages"));
        var words = $"{file}: {(answer.Text("verdict") == "good" ? "like the good ones" : "NOT like the good ones")}, score {score:0.00} (the limit is 1); {Math.Round(answer.Number("share") * (good + 1)):0} of {good + 1:0} good images, itself counted, look at least as strange";
        if (answer.Text("verdict") != "good")
            words += $"; strangest at {answer["strangest"].Number("x"):P0} from the left, {answer["strangest"].Number("y"):P0} from the top";
        if (answer["proven"]?.GetValue<bool>() == false)
            words += "\n  Note: no image with a defect has judged this model; nothing proves that it finds defects.";
        return words + Notes(answer);
    }

    private static string Notes(JsonNode answer) => string.Concat(
        answer["blank"]?.GetValue<bool>() == true ? "\n  Note: it shows next to nothing: look at lens and lamp." : "",
        answer["otherShape"]?.GetValue<bool>() == true ? "\n  Note: its shape is another than of the images that were learnt from; it was stretched." : "",
        answer.Text("stage") == "Retired" ? "\n  Note: the model is retired." : "");

    private static byte[] Picture(byte[] image, JsonNode map) =>
        MapPicture.Over(Raster.Read(image), (int)map.Whole("width"), (int)map.Whole("height"), [.. map["values"]!.AsArray().Select(value => value!.GetValue<float>())]).ToPng();
}
