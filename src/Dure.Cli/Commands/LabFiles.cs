using System.Text;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary>The laboratory's files: plans, sheets, cards, reports.</summary>
internal static class LabFiles
{
    private const int MostBytes = 16 << 20;

    public static string ReadText(FileInfo file)
    {
        if (!file.Exists)
            throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", file.FullName, "Check the path; `dure lab new` writes a plan to begin with, `dure lab instrument new` a card.");
        if (file.Length > MostBytes)
            throw new ProblemException("urn:dure:cli:file-too-large", $"The file has {file.Length:N0} bytes.", file.FullName, $"Keep it under {MostBytes:N0}.");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file.FullName));
        }
        catch (DecoderFallbackException wrong)
        {
            throw new ProblemException("urn:dure:lab:not-utf8", "The file is not UTF-8.", file.FullName, "Save it as \"CSV UTF-8\" in the spreadsheet.", wrong);
        }
    }

    /// <summary>A file to begin with, never over one that is there.</summary>
    public static void WriteNew(FileInfo file, string text)
    {
        if (file.Exists)
            throw new ProblemException("urn:dure:cli:file-exists", "The file is there already.", file.FullName, "Name a new file, or edit this one.");
        WriteSafely(file.FullName, text);
    }

    /// <summary>The old file stays until the new one is whole on disk.</summary>
    public static void WriteSafely(string path, string text)
    {
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}
