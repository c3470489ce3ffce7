//! Writes small indexed PNG images (RFC 2083) with stored, uncompressed deflate blocks: enough for a drawing of sixteen
//! kilobytes, and no image library. Pure.

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
/// Longest stored deflate block (RFC 1951 §3.2.4).
const STORED_BYTES_MAX: usize = 65_535;
/// Four pixels of two bits in a byte.
const PIXELS_PER_BYTE: usize = 4;

/// A picture of at most four colours.
pub(super) struct Image {
    width: usize,
    height: usize,
    palette: [[u8; 3]; 4],
    /// One colour index per pixel, row by row.
    pixels: Vec<u8>,
}

impl Image {
    /// A picture filled with colour 0.
    pub(super) fn new(width: usize, height: usize, palette: [[u8; 3]; 4]) -> Self {
        Self { width, height, palette, pixels: vec![0; width * height] }
    }

    /// Fills a rectangle; what lies outside the picture is cut off.
    pub(super) fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: u8) {
        let rows = self.pixels.chunks_mut(self.width.max(1)).skip(y).take(height);
        for pixel in rows.flat_map(|row| row.iter_mut().skip(x).take(width)) {
            *pixel = colour;
        }
    }

    /// The file's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(13);
        header.extend(be(self.width));
        header.extend(be(self.height));
        // Bit depth 2, indexed colour, the only compression and filter methods, not interlaced.
        header.extend([2, 3, 0, 0, 0]);
        let mut file = SIGNATURE.to_vec();
        chunk(&mut file, *b"IHDR", &header);
        chunk(&mut file, *b"PLTE", self.palette.as_flattened());
        chunk(&mut file, *b"IDAT", &zlib_stored(&self.scanlines()));
        chunk(&mut file, *b"IEND", &[]);
        file
    }

    /// Each row with its filter byte 0 (none).
    fn scanlines(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.height * (1 + self.width.div_ceil(PIXELS_PER_BYTE)));
        for row in self.pixels.chunks(self.width.max(1)) {
            bytes.push(0);
            bytes.extend(row.chunks(PIXELS_PER_BYTE).map(pack));
        }
        bytes
    }
}

/// Up to four two-bit pixels, leftmost in the highest bits.
fn pack(pixels: &[u8]) -> u8 {
    pixels.iter().zip([6, 4, 2, 0]).fold(0, |byte, (pixel, shift)| byte | (pixel & 3) << shift)
}

fn be(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend(be(data.len()));
    file.extend(kind);
    file.extend(data);
    file.extend(crc32(kind.iter().chain(data)).to_be_bytes());
}

fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(STORED_BYTES_MAX).peekable();
    while let Some(block) = blocks.next() {
        let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_match_their_published_examples() {
        assert_eq!(crc32(b"123456789".iter()), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_file_has_the_chunks_and_the_pixels() {
        let mut image = Image::new(5, 2, [[0; 3], [1; 3], [2; 3], [3; 3]]);
        image.fill(3, 1, 9, 9, 2);
        assert_eq!(image.scanlines(), [0, 0, 0, 0, 0b0000_0010, 0b1000_0000]);
        let file = image.encode();
        assert!(file.starts_with(&SIGNATURE));
        for kind in [b"IHDR", b"PLTE", b"IDAT", b"IEND"] {
            assert!(file.windows(4).any(|window| window == kind));
        }
    }

    #[test]
    fn long_data_is_split_into_blocks() {
        let data = vec![7; STORED_BYTES_MAX + 1];
        let out = zlib_stored(&data);
        assert_eq!(out.len(), 2 + (5 + STORED_BYTES_MAX) + (5 + 1) + 4);
        assert_eq!((out[2], out[2 + 5 + STORED_BYTES_MAX]), (0, 1));
    }
}
