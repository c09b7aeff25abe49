using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure verify</c>: checks a claim bundle offline, with a public key alone.</summary>
internal static class VerifyCommand
{
    public static Command Build(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("bundle") { Description = "The claim bundle" };
        var key = new Option<FileInfo?>("--key") { Description = "The public key (JWK) you trust; without it the bundle's own key is used and its fingerprint told" };
        var command = new Command("verify", """
            Check a claim offline: every entry's hash and proof, the signed head, the claim, down to the ingested batches. Needs no node.

            Examples:
              dure verify claim.json
              dure verify claim.json --key partner.jwk
            """) { file, key };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            var trusted = parsed.GetValue(key) is { } keyFile ? ReadKey(keyFile) : null;
            var verdict = ClaimBundle.Verify(ReadBundle(path), trusted);
            shared.Print(parsed, Describe(verdict), () => Tell(verdict, trusted is not null));
            return verdict.IsValid ? 0 : 1;
        });
        return command;
    }

    private static byte[] ReadBundle(FileInfo file)
    {
        if (!file.Exists)
            throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", file.FullName, "Check the path.");
        if (file.Length > ClaimBundle.MaxBytes)
            throw new ProblemException("urn:dure:cli:file-too-large", $"The file has {file.Length:N0} bytes; a bundle has at most {ClaimBundle.MaxBytes:N0}.", file.FullName, "Name a claim bundle.");
        return File.ReadAllBytes(file.FullName);
    }

    private static VerificationKey ReadKey(FileInfo file)
    {
        if (!file.Exists)
            throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", file.FullName, "Check the path.");
        try
        {
            return VerificationKey.FromJwk(JsonNode.Parse(File.ReadAllText(file.FullName)));
        }
        catch (JsonException broken)
        {
            throw new ProblemException("urn:dure:evidence:bad-key", "The file is not JSON.", file.FullName, "Give the key as GET /api/v1/journal/key gives it.", broken);
        }
    }

    private static void Tell(BundleVerdict verdict, bool isTrusted)
    {
        foreach (var check in verdict.Checks)
            Console.WriteLine(check);
        switch (verdict)
        {
            case BundleVerdict.Valid valid:
                Console.WriteLine($"VALID: {valid.Bundle.Entries.Count} entries, signed by key {valid.Bundle.PublicKey.Id}");
                if (!isTrusted)
                    Console.WriteLine("The key is the bundle's own: compare its fingerprint with the one its owner tells you, or give theirs with --key.");
                break;
            case BundleVerdict.Invalid invalid:
                Console.WriteLine($"INVALID: {invalid.Fault}");
                break;
        }
    }

    private static JsonObject Describe(BundleVerdict verdict)
    {
        var answer = new JsonObject
        {
            ["valid"] = verdict.IsValid,
            ["checks"] = new JsonArray([.. verdict.Checks.Select(check => new JsonObject { ["name"] = check.Name, ["passed"] = check.IsPassed, ["detail"] = check.Detail })]),
        };
        if (verdict is BundleVerdict.Invalid invalid)
            answer["fault"] = new JsonObject { ["check"] = invalid.Fault.Check, ["what"] = invalid.Fault.What, ["entry"] = invalid.Fault.Entry, ["byte"] = invalid.Fault.Byte };
        if (verdict is BundleVerdict.Valid valid)
            (answer["entries"], answer["key"]) = (valid.Bundle.Entries.Count, valid.Bundle.PublicKey.Id);
        return answer;
    }
}
