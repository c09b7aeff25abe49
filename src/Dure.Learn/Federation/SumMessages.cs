namespace Dure.Learn.Federation;

/// <summary>A participant's public keys for one sum, as SubjectPublicKeyInfo: one to agree on masks, one to seal parts with.</summary>
/// <param name="Participant">Its number, from 1.</param>
public sealed record SumKeys(int Participant, byte[] MaskKey, byte[] SealKey);

/// <summary>Parts of one participant's secrets for another, which the server passes on and cannot open.</summary>
public sealed record SealedParts(int From, int To, byte[] Nonce, byte[] Text, byte[] Tag)
{
    public int Bytes => Nonce.Length + Text.Length + Tag.Length + 2 * sizeof(int);
}

/// <summary>What one participant gives so that the masks of a sum come off: of those whose values arrived the part of their own mask, of the others the part of their key.</summary>
public sealed record OpenedParts(int From, IReadOnlyList<(int Of, byte[] Part)> OwnMasks, IReadOnlyList<(int Of, byte[] Part)> Keys);
