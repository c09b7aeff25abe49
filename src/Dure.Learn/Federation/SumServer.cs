using System.Security.Cryptography;
using System.Text;
using Dure.Kernel;

namespace Dure.Learn.Federation;

/// <summary>The server of one secure sum: it passes keys and sealed parts on, gets masked values and takes the masks off their sum.</summary>
public sealed class SumServer(int threshold, string sum, IReadOnlyList<SumKeys> keys)
{
    private readonly byte[] context = Encoding.UTF8.GetBytes(sum);

    /// <summary>The sum of those whose values arrived.</summary>
    /// <param name="shared">Who shared parts: their masks are in all values.</param>
    /// <param name="masked">The masked values by participant.</param>
    /// <param name="opened">Parts of as many participants as the threshold says at least.</param>
    /// <exception cref="ProblemException">Too few answered, or their answers do not fit.</exception>
    public long[] Sum(IReadOnlyCollection<int> shared, IReadOnlyDictionary<int, ulong[]> masked, IReadOnlyList<OpenedParts> opened)
    {
        if (masked.Count < threshold || opened.Count < threshold)
            throw Bad($"{masked.Count} sites sent values and {opened.Count} opened parts; {threshold} are needed of both.", "Begin a new sum when more sites are there.");
        var length = masked.Values.First().Length;
        if (masked.Values.Any(values => values.Length != length) || opened.Select(parts => parts.From).Distinct().Count() != opened.Count)
            throw Bad("The sites' values differ in number, or a site answered twice.", "Let all sites agree on what is summed.");
        var total = new ulong[length];
        foreach (var values in masked.Values)
            for (var i = 0; i < length; i++)
                total[i] += values[i];
        foreach (var one in masked.Keys)
            MaskStream.Add(Joined(opened, one, parts => parts.OwnMasks), total, isTaken: true);
        foreach (var gone in shared.Where(one => !masked.ContainsKey(one)))
            TakeOff(gone, Joined(opened, gone, parts => parts.Keys), masked.Keys, total);
        return Array.ConvertAll(total, value => unchecked((long)value));
    }

    /// <summary>Takes off the masks that others agreed on with a site whose values never arrived.</summary>
    private void TakeOff(int gone, byte[] secret, IEnumerable<int> arrived, ulong[] total)
    {
        using var key = ECDiffieHellman.Create();
        key.ImportSubjectPublicKeyInfo(KeyOf(gone), out _);
        var parameters = key.ExportParameters(false);
        parameters.D = secret;
        using var own = Import(parameters, gone);
        foreach (var one in arrived)
            MaskStream.Add(SumParticipant.PairKey(own, KeyOf(one), Math.Min(gone, one), Math.Max(gone, one), context), total, isTaken: one < gone);
    }

    private static ECDiffieHellman Import(ECParameters parameters, int gone)
    {
        try
        {
            return ECDiffieHellman.Create(parameters);
        }
        catch (CryptographicException damaged)
        {
            throw new ProblemException("urn:dure:learn:secure-sum", $"The parts of site {gone}'s key do not give its key.", "secure sum", "Begin a new sum; a site gave a wrong part.", damaged);
        }
    }

    private byte[] Joined(IReadOnlyList<OpenedParts> opened, int of, Func<OpenedParts, IReadOnlyList<(int Of, byte[] Part)>> which)
    {
        var parts = opened.SelectMany(from => which(from).Where(part => part.Of == of).Select(part => (from.From, part.Part))).Take(threshold).ToList();
        return parts.Count == threshold && parts.TrueForAll(part => part.Part.Length == parts[0].Part.Length) ? SecretShares.Join(parts)
            : throw Bad($"Only {parts.Count} parts of site {of}'s secret were opened; {threshold} are needed.", "Begin a new sum when more sites are there.");
    }

    private byte[] KeyOf(int participant) => keys.Single(one => one.Participant == participant).MaskKey;

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:secure-sum", what, "secure sum", mend);
}
