using System.IO.Compression;
using System.Text;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Packages that are whole, old, and hostile.</summary>
public sealed class AasxPackageTests
{
    private static readonly AasxPackage made = new(MadeShells.Environment(),
        [new("/aasx/files/manual.pdf", "application/pdf", "%PDF"u8.ToArray()), new("/aasx/사진.png", "image/png", new byte[] { 1, 2 })], "/aasx/사진.png");

    [Theory]
    [InlineData(AasxForm.Json)]
    [InlineData(AasxForm.Xml)]
    public void A_package_survives_with_its_files(AasxForm form)
    {
        var read = AasxPackage.Read(Packed(form));
        Assert.Equal(Encoding.UTF8.GetString(ShellJson.Write(made.Environment)), Encoding.UTF8.GetString(ShellJson.Write(read.Environment)));
        Assert.Equal(made.Files.Select(file => (file.Path, file.ContentType, Convert.ToHexString(file.Content.Span))), read.Files.Select(file => (file.Path, file.ContentType, Convert.ToHexString(file.Content.Span))));
        Assert.Equal(made.Thumbnail, read.Thumbnail);
        Assert.Empty(read.Findings);
        Assert.Equal(Packed(form).ToArray(), Packed(form).ToArray());
    }

    [Fact]
    public void Relationships_of_the_older_prefix_are_read_with_a_warning()
    {
        using var old = Changed("_rels/.rels", text => text.Replace("http://admin-shell.io/", "http://www.admin-shell.io/", StringComparison.Ordinal));
        Assert.Equal(FormRule.OlderForm, Assert.Single(AasxPackage.Read(old).Findings).Rule);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("aasx\\files\\x")]
    [InlineData("C:/x")]
    [InlineData("aasx/../x")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        using var stream = Packed(AasxForm.Json);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
            archive.CreateEntry(name);
        stream.Position = 0;
        Assert.Equal("urn:dure:exchange:bad-aasx", Assert.Throws<ProblemException>(() => AasxPackage.Read(stream)).Problem.Type);
    }

    [Fact]
    public void A_target_that_leads_out_is_refused()
    {
        using var stream = Changed("_rels/.rels", text => text.Replace("/aasx/aasx-origin", "../../aasx-origin", StringComparison.Ordinal));
        Assert.Contains("leads out", Assert.Throws<ProblemException>(() => AasxPackage.Read(stream)).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_is_cut_where_the_bound_is()
    {
        using var stream = Changed("aasx/environment/environment.aas.json", _ => new string(' ', 3 << 20));
        Assert.True(stream.Length < 100_000);
        Assert.Contains("unpacks", Assert.Throws<ProblemException>(() => AasxPackage.Read(stream, new AasxLimits { MaxPartBytes = 1 << 20 })).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_parts_are_refused() => Assert.Throws<ProblemException>(() => AasxPackage.Read(Packed(AasxForm.Json), new AasxLimits { MaxParts = 3 }));

    [Fact]
    public void What_has_not_the_form_is_refused_with_part_and_path()
    {
        using var stream = Changed("aasx/environment/environment.aas.json", text => text.Replace("xs:double", "double", StringComparison.Ordinal));
        var problem = Assert.Throws<ProblemException>(() => AasxPackage.Read(stream)).Problem;
        Assert.Contains("environment.aas.json: submodels[0].submodelElements[0].valueType", problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void What_breaks_a_constraint_is_read_and_told()
    {
        using var stream = Changed("aasx/environment/environment.aas.json", text => text.Replace("\"21.5\"", "\"warm\"", StringComparison.Ordinal));
        Assert.Equal(FormRule.ValueType, Assert.Single(AasxPackage.Read(stream).Findings).Rule);
    }

    [Fact]
    public void Changed_bytes_give_a_package_or_a_refusal()
    {
        var random = new Random(20261121);
        var good = Packed(AasxForm.Xml).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            try
            {
                AasxPackage.Read(new MemoryStream(ShellFormTests.Mutated(random, good)));
            }
            catch (ProblemException)
            {
                // a refusal
            }
        }
    }

    private static MemoryStream Packed(AasxForm form)
    {
        var stream = new MemoryStream();
        made.Write(stream, form);
        stream.Position = 0;
        return stream;
    }

    private static MemoryStream Changed(string part, Func<string, string> change)
    {
        var stream = Packed(AasxForm.Json);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            string text;
            using (var reader = new StreamReader(archive.GetEntry(part)!.Open()))
                text = reader.ReadToEnd();
            archive.GetEntry(part)!.Delete();
            using var writer = new StreamWriter(archive.CreateEntry(part).Open());
            writer.Write(change(text));
        }
        stream.Position = 0;
        return stream;
    }
}
