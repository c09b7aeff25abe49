using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Dure.Devices;
using Xunit;

namespace Dure.Tests.Architecture;

/// <summary>Instruments are commanded from behind the gate alone: one place in one assembly calls what makes a driver begin.</summary>
public sealed partial class InstrumentCommandTests
{
    [Fact]
    public void Of_all_assemblies_only_the_laboratory_begins_actions()
    {
        var files = Directory.GetFiles(AppContext.BaseDirectory, "Dure.*.dll").Where(file => !Path.GetFileName(file).StartsWith("Dure.Tests", StringComparison.Ordinal)).ToList();
        Assert.Contains(files, file => Path.GetFileName(file) == "Dure.Lab.dll");
        Assert.Equal(["Dure.Lab.dll"], files.Where(Begins).Select(file => Path.GetFileName(file)));
    }

    [Fact]
    public void In_the_laboratory_only_the_gates_hand_begins_actions()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Dure.slnx")))
            root = Path.GetDirectoryName(root)!;
        var callers = Directory.GetFiles(Path.Combine(root, "packs", "Dure.Lab"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && Begin().IsMatch(File.ReadAllText(file))).Select(file => Path.GetFileName(file));
        Assert.Equal(["InstrumentActuator.cs"], callers);
    }

    /// <summary>Whether an assembly calls <see cref="IInstrument.Start"/>; the assembly that declares it calls it in its conformance suite, by the definition.</summary>
    private static bool Begins(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        if (!image.HasMetadata)
            return false;
        var metadata = image.GetMetadataReader();
        return metadata.MemberReferences.Select(metadata.GetMemberReference).Any(member => metadata.StringComparer.Equals(member.Name, nameof(IInstrument.Start))
            && member.Parent.Kind == HandleKind.TypeReference && metadata.GetTypeReference((TypeReferenceHandle)member.Parent) is var type && metadata.StringComparer.Equals(type.Name, nameof(IInstrument)));
    }

    [GeneratedRegex(@"\.Start\(\s*(request|new ActionRequest)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Begin();
}
