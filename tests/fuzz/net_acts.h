/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host may do in a step of kind STEP_HOST: an act, which one, bytes. */
#ifndef NET_ACTS_H
#define NET_ACTS_H

enum net_act {
	NET_CONNECT,  /* a client connects to a forward */
	NET_SEND,     /* a connected client sends the bytes */
	NET_CLOSE,    /* and is done */
	NET_RESET,    /* or breaks off */
	NET_DATAGRAM, /* a client sends the bytes to a UDP forward */
	NET_ANSWER,   /* the resolver sends the bytes to all that asked it */
	NET_STALL,    /* connections take nothing (odd), or all (even), from now on */
	NET_STRANGER, /* somebody sends the bytes to a UDP socket of the guest's */
	NET_REPLY,    /* who is allowed sends the bytes on a socket that the guest opened to it */
	NET_ACTS
};

#endif
