using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The newest signed head on the disk: what shows that a journal was cut short.</summary>
internal sealed class HeadFile(string folder)
{
    private const string Name = "head.json";
    private const int MaxBytes = 64 * 1024;

    private readonly string path = Path.Combine(folder, Name);

    public void Write(SignedHead head) => DurableFile.Write(path, CanonicalJson.Serialize(head.ToJson()));

    public SignedHead? Read(VerificationKey key)
    {
        foreach (var leftover in Directory.EnumerateFiles(folder, Name + ".*" + DurableFile.TemporarySuffix))
            File.Delete(leftover);
        if (!File.Exists(path))
            return null;
        var head = Parse();
        if (head.KeyId != key.Id)
            throw Damaged($"The head was signed by key {head.KeyId}; this node's key is {key.Id}.", "Put the node's own key file back, or open the journal that belongs to this key.");
        if (!head.IsSignedBy(key))
            throw Damaged("The head's signature does not fit: the file was changed.", "Restore the journal's folder from a copy.");
        return head;
    }

    private SignedHead Parse()
    {
        if (new FileInfo(path).Length > MaxBytes)
            throw Damaged("The file is too large for a head.", "Restore the journal's folder from a copy.");
        try
        {
            return SignedHead.FromJson(CanonicalJson.Parse(File.ReadAllBytes(path)))
                ?? throw Damaged("The file does not hold a signed head.", "Restore the journal's folder from a copy.");
        }
        catch (ProblemException cause) when (cause.Problem.Type != JournalFault.DamagedType)
        {
            throw Damaged(cause.Problem.What, "Restore the journal's folder from a copy.");
        }
    }

    private ProblemException Damaged(string what, string mend) => new(JournalFault.DamagedType, what, path, mend);
}
