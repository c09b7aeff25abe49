using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dure.Kernel;

namespace Dure.Learn.Federation;

/// <summary>
/// One site in one secure sum (Bonawitz et al. 2017): what it sends looks like chance, and only the sum over all sites that answer comes out. Masks
/// are agreed on pair by pair (ECDH on P-256, HKDF, AES in counter mode), one site adds what the other takes away; a mask of its own keeps a late
/// answer covered. Both secrets are parted among all, so that a site that falls away does not spoil the sum. Keys are for one sum and are forgotten.
/// Safe against a curious server and sites as long as fewer than the threshold tell it their parts; a server that lies about who fell away learns
/// nothing either, because a participant opens parts once, of each site one secret only.
/// </summary>
public sealed class SumParticipant : IDisposable
{
    private readonly int number, threshold;
    private readonly byte[] context;
    private readonly ECDiffieHellman maskKey = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDiffieHellman sealKey = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] ownMask = RandomNumberGenerator.GetBytes(MaskStream.KeyBytes);
    private readonly Dictionary<int, (byte[] Key, byte[] OwnMask)> held = [];
    private Dictionary<int, SumKeys> others = [];
    private bool isMasked, isOpened;

    /// <param name="number">From 1.</param>
    /// <param name="threshold">How many must answer at least; more than half of all.</param>
    /// <param name="sum">What is summed: all sites must say the same, and never twice.</param>
    public SumParticipant(int number, int threshold, string sum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, SecretShares.MostHolders);
        (this.number, this.threshold, context) = (number, threshold, Encoding.UTF8.GetBytes(sum));
    }

    /// <summary>First: what all others need to know.</summary>
    public SumKeys Keys() => new(number, maskKey.ExportSubjectPublicKeyInfo(), sealKey.ExportSubjectPublicKeyInfo());

    /// <summary>Second: parts of this site's secrets, sealed for each other.</summary>
    /// <exception cref="ProblemException">There are too few sites, or one comes twice.</exception>
    public IReadOnlyList<SealedParts> Share(IReadOnlyList<SumKeys> all)
    {
        if (all.Count < 3 || threshold > all.Count || 2 * threshold <= all.Count || all.Select(keys => keys.Participant).Distinct().Count() != all.Count || all.Any(keys => keys.Participant is < 1 or > SecretShares.MostHolders))
            throw Bad($"There are {all.Count} sites for a threshold of {threshold}.", "Let at least three sites take part, each with a number of its own, and more than half of them as the threshold.");
        if (others.Count > 0)
            throw Bad("Its parts were shared before.", "Use a new participant for each sum.");
        others = all.Where(keys => keys.Participant != number).ToDictionary(keys => keys.Participant);
        var most = all.Max(keys => keys.Participant);
        var secret = maskKey.ExportParameters(true).D!; // its own key holds the secret
        var (keyParts, maskParts) = (SecretShares.Split(secret, most, threshold), SecretShares.Split(ownMask, most, threshold));
        CryptographicOperations.ZeroMemory(secret);
        held[number] = (keyParts[number - 1], maskParts[number - 1]);
        return [.. others.Keys.Order().Select(to => Seal(to, [.. keyParts[to - 1], .. maskParts[to - 1]]))];
    }

    /// <summary>Third: takes the parts that others sealed for it.</summary>
    /// <exception cref="ProblemException">One is for another, or was changed on the way.</exception>
    public void Receive(IReadOnlyList<SealedParts> parts)
    {
        foreach (var part in parts)
        {
            if (part.To != number || !others.ContainsKey(part.From) || held.ContainsKey(part.From))
                throw Bad($"Parts from {part.From} to {part.To} came to {number}.", "Pass each on to the one it is for, once.");
            var open = Open(part);
            held[part.From] = (open[..(open.Length - MaskStream.KeyBytes)], open[^MaskStream.KeyBytes..]);
        }
    }

    /// <summary>Fourth: its values, masked. Those who shared parts take part; others are not counted on.</summary>
    /// <exception cref="ProblemException">Too few shared their parts, or it was asked twice.</exception>
    public ulong[] Mask(ReadOnlySpan<long> values)
    {
        if (isMasked || held.Count < threshold)
            throw Bad(isMasked ? "Its values were masked before." : $"Only {held.Count} of {threshold} sites shared their parts.", "Begin a new sum, with new keys.");
        isMasked = true;
        var masked = new ulong[values.Length];
        for (var i = 0; i < masked.Length; i++)
            masked[i] = unchecked((ulong)values[i]);
        MaskStream.Add(ownMask, masked, isTaken: false);
        foreach (var other in held.Keys.Where(other => other != number))
            MaskStream.Add(PairKey(maskKey, others[other].MaskKey, Math.Min(number, other), Math.Max(number, other), context), masked, isTaken: number > other);
        return masked;
    }

    /// <summary>Last: parts so that the masks of the sum come off. Given once only: both secrets of one site together would lay its values open.</summary>
    /// <param name="arrived">Whose values the server has.</param>
    /// <exception cref="ProblemException">Too few arrived, or it was asked twice.</exception>
    public OpenedParts Unmask(IReadOnlyCollection<int> arrived)
    {
        if (isOpened || arrived.Count < threshold || !arrived.All(held.ContainsKey))
            throw Bad(isOpened ? "Its parts were given before." : $"Values of {arrived.Count} sites arrived; {threshold} are needed, of sites that shared their parts.", "Begin a new sum, with new keys.");
        isOpened = true;
        var here = arrived.ToHashSet();
        return new(number, [.. arrived.Order().Select(of => (of, held[of].OwnMask))], [.. held.Keys.Where(of => !here.Contains(of)).Order().Select(of => (of, held[of].Key))]);
    }

    public void Dispose()
    {
        maskKey.Dispose();
        sealKey.Dispose();
        CryptographicOperations.ZeroMemory(ownMask);
    }

    /// <summary>The key of a pair's mask, for this sum.</summary>
    internal static byte[] PairKey(ECDiffieHellman own, byte[] other, int low, int high, byte[] context) => Derive(own, other, [.. "dure mask "u8, (byte)low, (byte)high, .. context]);

    private SealedParts Seal(int to, byte[] parts)
    {
        using var aes = new AesGcm(SealingKey(number, to, to), 16);
        var (nonce, text, tag) = (RandomNumberGenerator.GetBytes(12), new byte[parts.Length], new byte[16]);
        aes.Encrypt(nonce, parts, text, tag, Route(number, to));
        CryptographicOperations.ZeroMemory(parts);
        return new(number, to, nonce, text, tag);
    }

    private byte[] Open(SealedParts part)
    {
        using var aes = new AesGcm(SealingKey(part.From, number, part.From), 16);
        var open = new byte[part.Text.Length];
        try
        {
            aes.Decrypt(part.Nonce, part.Text, part.Tag, open, Route(part.From, part.To));
        }
        catch (CryptographicException damaged)
        {
            throw new ProblemException("urn:dure:learn:secure-sum", $"The parts from site {part.From} were changed on the way.", $"site {number}", "Begin a new sum; if it happens again, do not trust the server.", damaged);
        }
        return open.Length > MaskStream.KeyBytes ? open : throw Bad($"The parts from site {part.From} are too short.", "Begin a new sum.");
    }

    private byte[] SealingKey(int from, int to, int other) => Derive(sealKey, others[other].SealKey, [.. "dure seal "u8, (byte)from, (byte)to, .. context]);

    private static byte[] Derive(ECDiffieHellman own, byte[] other, byte[] purpose)
    {
        using var key = ECDiffieHellman.Create();
        key.ImportSubjectPublicKeyInfo(other, out _);
        var secret = own.DeriveRawSecretAgreement(key.PublicKey);
        try
        {
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, MaskStream.KeyBytes, info: purpose);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static byte[] Route(int from, int to)
    {
        var route = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(route, from);
        BinaryPrimitives.WriteInt32LittleEndian(route.AsSpan(4), to);
        return route;
    }

    private ProblemException Bad(string what, string mend) => new("urn:dure:learn:secure-sum", what, $"site {number}", mend);
}
