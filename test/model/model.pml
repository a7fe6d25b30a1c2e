/* The core of the row-lock protocol: one job, fires 1..NF, NI instances, one row of job_info under its row lock, the log
 * with its UNIQUE key, the instances' leases. README.md says what each inline is in the code, and what is left out.
 *
 * Must hold: without options this is the protocol as meant; every option of the last group takes one rule out and must
 * lead to a violation of a named invariant (checks.txt). Time is no number here: what a timing guarantees is a
 * condition of the step that relies on it, marked TIMING.
 *
 * Bounds:   NI instances (2, 3), NF fires (2, 3); faults: CR crash of instance 0, FZ freeze of instance 1 (its lease ends or
 *           not), LR lost COMMIT reply, TL run past its deadline whose handler ignores its signal, PT lease lost by an instance
 *           that goes on running (a partition), ST 1: a deadline may also pass between COMMIT and start (a blocked main loop)
 * Features: RERUN (onLost: rerun), HANDOVER (shutdown of instance 0; implies RERUN), TRIGGER, QUEUE (overlap: queue),
 *           DEFS (instance CANARY, 1 unless told, has another definition), CLOCKSTEP (the database's clock steps forward once)
 * Rules taken out: see MUTANTS in README.md
 */
#ifndef NI
#define NI 2
#endif
#ifndef NF
#define NF 2
#endif
#ifndef CR
#define CR 1
#endif
#ifndef FZ
#define FZ 1
#endif
#ifndef LR
#define LR 1
#endif
#ifndef TL
#define TL 1
#endif
#ifndef PT
#define PT 0
#endif
#ifndef ST
#define ST 0
#endif
#ifdef HANDOVER
#define RERUN
#endif
#ifdef RERUN
#define MAXATT 2
#else
#define MAXATT 1
#endif
#ifdef TRIGGER
#define NM 2
#else
#define NM 1
#endif

/* Invariants by name: an assertion ends in its name, which is how check.sh tells which was violated. -DOFF_x switches x off. */
#ifndef OFF_S1
#define OFF_S1 0
#endif
#ifndef OFF_S2
#define OFF_S2 0
#endif
#ifndef OFF_S3
#define OFF_S3 0
#endif
#ifndef OFF_S4
#define OFF_S4 0
#endif
#ifndef OFF_S7
#define OFF_S7 0
#endif
#ifndef OFF_K1
#define OFF_K1 0
#endif
#ifndef OFF_R1
#define OFF_R1 0
#endif
#ifndef OFF_W1
#define OFF_W1 0
#endif
#ifndef OFF_V1
#define OFF_V1 0
#endif
hidden byte inv_S1 = OFF_S1, inv_S2 = OFF_S2, inv_S3 = OFF_S3, inv_S4 = OFF_S4, inv_S7 = OFF_S7;
hidden byte inv_K1 = OFF_K1, inv_R1 = OFF_R1, inv_W1 = OFF_W1, inv_V1 = OFF_V1;

/* outcomes in the log */
#define NONE 0
#define RUNS 1
#define SUCCEEDED 2
#define LOST 3
#define MISSED 4
#define SKIPPED 5
#define TIMED 6
#define CANCELLED 7
/* what an acquire takes */
#define SCHEDULED 0
#define AGAIN 1
#define MANUAL 2
#define QUEUED 3
/* an acquire transaction, as the server sees it */
#define C_NONE 0
#define C_OPEN 1
#define C_SENT 2
#define C_DONE 3
#define C_FAIL 4

#ifdef SAMECFG
#define CFG(i) 0
#else
#define CFG(i) (i)
#endif
#if defined(DEFS) && !defined(NODEF)
#define MINE(i) (defrow==i)
#else
#define MINE(i) true
#endif

/* time, as far as it matters: fires 1..due are due by the database's clock */
byte due = 0;

/* job_info */
bool running = false; byte owner = 0; byte fence = 1; byte fire_at = 0;
byte runF = 0; bit runM = 0; byte runA = 0; bool limit = false;          /* the run in progress; limit: past deadline_at */
byte rr = 0; bit rrM = 0; byte rrA = 0;                                  /* rerun slot */
byte q = 0; byte tg = 0;                                                 /* queued_fire_at, trigger_at */
#ifndef CANARY
#define CANARY 1
#endif
bit defrow = 1-CANARY; bit cfgrow = CFG(1-CANARY);                       /* def_hash, def_config */
byte lock = 0;                                                           /* its row lock: 0 or instance + 1 */

/* job_log: the outcome by key (manual, fire, attempt); attempt 0: a decision */
#define KEY(m, f, a) (((m)*(NF+1)+(f))*3+(a))
byte lg[NM*(NF+1)*3];

/* job_instance: each instance's current id is i*EP+ep[i]; ids before are DEAD */
#define EP 2
#define ID(i) ((i)*EP+ep[i])
#define LIVES(o) ((o)%EP==ep[(o)/EP] && !dead[(o)/EP])
byte ep[NI]; bool dead[NI];
bool over[NI];                                                           /* lease_until < now */
bool sight[NI];                                                          /* … for as long as two sightings take */

/* an instance: its lease as it knows it, its acquire transaction, its abandoned acquire */
bool lost[NI]; byte cst[NI]; bool aband[NI]; byte txF[NI]; byte txK[NI]; byte txO[NI]; byte abf[NI];
#ifdef GBANY
byte runf[NI];
#endif
bool stopping[NI]; bool late[NI];

/* the world */
bool crashed[NI]; bool frozen[NI];
byte ncr = CR; byte nfz = FZ; byte nlr = LR; byte ntl = TL; byte npt = PT;
#ifdef TRIGGER
byte ntg = 1;
#else
#define ntg 0
#endif
bool stepped = false; bool canary = false;

/* ghosts: what really happened */
bool st[NM*(NF+1)*3];                                                    /* handlers started */
byte hold[NI];                                                           /* a handler is going on */
bool exempt[NI];                                                         /* … of which no lease system can promise anything */
byte lastfence = 0; byte res = 0;

#define orphan (running && !LIVES(owner))
#define TRUSTED(i) (!lost[i] && !(over[i] && sight[i]))                  /* lease.holds() */
#define DECIDED(f) (lg[KEY(0,f,0)]!=NONE || lg[KEY(0,f,1)]!=NONE)
#define KEPT(f) (f>fire_at || DECIDED(f) || q==f || (rr==f && !rrM))
#if NF==3
#define ALLKEPT (KEPT(1) && KEPT(2) && KEPT(3))
#define ALLDECIDED (DECIDED(1) && DECIDED(2) && DECIDED(3))
#else
#define ALLKEPT (KEPT(1) && KEPT(2))
#define ALLDECIDED (DECIDED(1) && DECIDED(2))
#endif
#define CLEAR(j) (hold[j]==0 || exempt[j])
#if NI==3
#define ALONE(i) ((i==0||CLEAR(0)) && (i==1||CLEAR(1)) && (i==2||CLEAR(2)))
#else
#define ALONE(i) ((i==0||CLEAR(0)) && (i==1||CLEAR(1)))
#endif
/* ---- writes of the row ---- */

inline endlog(m, f, a, o) { assert(lg[KEY(m,f,a)]==RUNS || inv_S7); lg[KEY(m,f,a)] = o }
inline decided(f, o) { assert(lg[KEY(0,f,0)]==NONE || inv_S7); lg[KEY(0,f,0)] = o }
/* after every transaction: no fire at or below the watermark is forgotten; no rerun waits while a run is on */
inline written() { assert(ALLKEPT || inv_W1); assert(!(running && rr!=0) || inv_R1) }
inline idle() { running = false; limit = false; runF = 0; runM = 0; runA = 0; owner = 0 }
inline again(attempt) { assert(rr==0 || inv_R1); rr = runF; rrM = runM; rrA = attempt }

/* the sweep: the owner does not live */
inline freeorphan() {
  endlog(runM, runF, runA, LOST);
#ifdef RERUN
  if :: runA<MAXATT -> again(runA+1) :: else fi;
#endif
  idle(); fence++; written()
}

/* the handler provably never started */
inline giveback(i) {
#ifndef KEEPLOG
  lg[KEY(runM,runF,runA)] = NONE;
#endif
  again(runA);
  idle(); fence++; abf[i] = 0; written()
}

inline takeaway() {
  exempt[owner/EP] = (hold[owner/EP]!=0);
  endlog(runM, runF, runA, TIMED);
  idle(); fence++; written()
}

inline finish(myf) {
#ifdef M_FENCE
  if :: lg[KEY(runM,runF,runA)]==RUNS -> lg[KEY(runM,runF,runA)] = SUCCEEDED :: else fi;
  idle()
#else
  if :: running && fence==myf -> endlog(runM, runF, runA, SUCCEEDED); idle(); written() :: else fi
#endif
}

inline handover(myf) {
  if
#ifdef HNOFENCE
  :: running ->
#else
  :: running && fence==myf ->
#endif
     endlog(runM, runF, runA, CANCELLED);
#ifdef HSAMEATT
     again(runA);
#else
     if :: runA<MAXATT -> again(runA+1) :: else fi;
#endif
     idle(); fence++; written()
  :: else fi
}

/* overlap: F is due while the job runs */
inline overlap(F) {
  do :: fire_at+1<F -> fire_at++; decided(fire_at, MISSED) :: else -> break od;
  fire_at = F;
#ifdef QUEUE
#ifdef QOVER
  q = F;
#else
  if :: q==0 -> q = F :: else -> decided(F, SKIPPED) fi;
#endif
#else
  decided(F, SKIPPED);
#endif
  written()
}

/* ---- the server: applies COMMITs, rolls back what lost its client ---- */

#ifdef TRIGNOBIT
#define MBIT(k) 0
#else
#define MBIT(k) ((k)==MANUAL)
#endif
#define TXM(i) (txK[i]==AGAIN -> rrM : MBIT(txK[i]))
#define TXA(i) (txK[i]==AGAIN -> rrA : 1)
#ifdef NOKEY
#define KEYHIT(i) false
#else
#define KEYHIT(i) (lg[KEY(TXM(i),txF[i],TXA(i))]!=NONE)
#endif

inline apply(i) {
  if
  :: KEYHIT(i) -> assert(false || inv_K1); cst[i] = C_FAIL                   /* 1062 */
  :: else ->
#ifdef DEFS
     assert(defrow==i || inv_V1);
#endif
     runF = txF[i]; runM = TXM(i); runA = TXA(i);
     assert(txK[i]==AGAIN || rr==0 || inv_R1);
     rr = 0; rrM = 0; rrA = 0;
     if
     :: txK[i]==SCHEDULED && txF[i]>fire_at ->
        do :: fire_at+1<txF[i] -> fire_at++; decided(fire_at, MISSED) :: else -> break od;
        fire_at = txF[i];
#ifdef QWIPE
        q = 0
#endif
     :: txK[i]==MANUAL -> tg = 0;
#ifdef TRIGMOVES
        if :: txF[i]>fire_at -> fire_at = txF[i] :: else fi
#endif
     :: txK[i]==QUEUED ->
#ifndef QKEEP
        q = 0
#else
        skip
#endif
     :: else fi;
     running = true; owner = txO[i]; fence++; limit = false;
     assert(fence>lastfence || inv_S2); lastfence = fence;
     lg[KEY(runM,runF,runA)] = RUNS;
     written();
     cst[i] = C_DONE
  fi;
  lock = 0; txF[i] = 0; txK[i] = 0; txO[i] = 0;
  if :: aband[i] -> cst[i] = C_NONE; aband[i] = false :: else fi
}

#define GONE(i) (cst[i]==C_OPEN && (crashed[i] || frozen[i]))            /* wait_timeout, closed socket */
#define NEVERCAME(i) (cst[i]==C_SENT && aband[i])                        /* the COMMIT itself was lost */
inline rollback(i) {
  lock = 0; cst[i] = (aband[i] -> C_NONE : C_FAIL); aband[i] = false;
  txF[i] = 0; txK[i] = 0; txO[i] = 0
}

proctype server() {
end:
  do
  :: d_step { cst[0]==C_SENT -> apply(0) }
  :: d_step { cst[1]==C_SENT -> apply(1) }
  :: d_step { GONE(0) || NEVERCAME(0) -> rollback(0) }
  :: d_step { GONE(1) || NEVERCAME(1) -> rollback(1) }
#if NI==3
  :: d_step { cst[2]==C_SENT -> apply(2) }
  :: d_step { GONE(2) || NEVERCAME(2) -> rollback(2) }
#endif
  od
}

/* ---- an instance's tick, and the run it leads to ---- */

#ifdef M_FIRE
#define FREE(f) true
#else
#define FREE(f) (fire_at<(f))
#endif
#ifdef NOSLOTCHK
#define SLOTFREE true
#else
#define SLOTFREE (rr==0)
#endif
#ifdef NOLEASECHK
#define MAYTAKE(i) true
#else
#define MAYTAKE(i) (!dead[i] && !over[i])                                /* EXISTS (… state='ALIVE' AND lease_until > now) */
#endif
#ifdef QWIPE
#define NOQUEUED true
#else
#define NOQUEUED (q==0)
#endif
#define TICKS(i) (!lost[i] && !stopping[i] && cst[i]==C_NONE && lock==0 && MINE(i))
#define TAKES(i) (TICKS(i) && !running && MAYTAKE(i))
#ifdef NOSTARTCHK
#define MAYSTART(i) true
#else
#ifdef NOAGECHK
#define MAYSTART(i) TRUSTED(i)
#else
#define MAYSTART(i) (TRUSTED(i) && !late[i])
#endif
#endif

inline open(i, k, f) {
  F = f; K = k; M = (k==AGAIN -> rrM : MBIT(k)); A = (k==AGAIN -> rrA : 1); myf = fence+1;
  lock = i+1; cst[i] = C_OPEN; txF[i] = F; txK[i] = k; txO[i] = ID(i);
  if :: abf[i]==myf -> abf[i] = 0 :: else fi                             /* an acquire has its own acq_id */
}

proctype tick(byte i) provided (!crashed[i] && !frozen[i]) {
  byte F = 0; byte K = 0; bit M = 0; byte A = 0; byte myf = 0; bool g = false;
top:
  do
  :: d_step { lost[i] && dead[i] && !stopping[i] && ep[i]<EP-1 ->        /* a new membership */
       ep[i]++; dead[i] = false; lost[i] = false; over[i] = false; sight[i] = false; abf[i] = 0 }
  :: d_step { stopping[i] && !dead[i] && cst[i]==C_NONE -> dead[i] = true }     /* STOPPED */
  :: d_step { TICKS(i) && running && limit && LIVES(owner) -> takeaway() }
  :: atomic { TICKS(i) && running && !limit && LIVES(owner) && due>fire_at -> F = due;
       do :: F>fire_at+1 -> F-- :: break od; overlap(F); F = 0 }
  :: atomic { TAKES(i) && rr!=0 -> open(i, AGAIN, rr); break }
  :: atomic { TAKES(i) && SLOTFREE && tg!=0 -> open(i, MANUAL, tg); break }
  :: atomic { TAKES(i) && SLOTFREE && tg==0 && q!=0 -> open(i, QUEUED, q); break }
  :: atomic { TAKES(i) && SLOTFREE && tg==0 && NOQUEUED && due>0 && FREE(due) -> F = due;   /* any due fire: latest, skip and all are covered */
       do :: F>1 && FREE(F-1) -> F-- :: break od; open(i, SCHEDULED, F); break }
  od;
  if
  :: atomic { cst[i]==C_OPEN -> cst[i] = C_SENT }
  :: atomic { cst[i]==C_FAIL -> cst[i] = C_NONE; goto reset }
  fi;
  if
  :: atomic { cst[i]==C_FAIL -> cst[i] = C_NONE; goto reset }
  :: atomic { cst[i]==C_DONE -> cst[i] = C_NONE; goto start }
  :: atomic { nlr>0 && (cst[i]==C_SENT || cst[i]==C_DONE) -> nlr--;      /* no reply */
       if :: cst[i]==C_DONE -> cst[i] = C_NONE :: else -> aband[i] = true fi }
  fi;
  if                                                                     /* look for it on another connection */
  :: atomic { running && fence==myf && owner==ID(i) -> goto start }
  :: atomic { !(running && fence==myf && owner==ID(i)) -> abf[i] = myf; goto reset }
  fi;
start:
  if
  :: atomic { MAYSTART(i) ->
       assert(!st[KEY(M,F,A)] || inv_S1); st[KEY(M,F,A)] = true;
       assert(ALONE(i) || inv_S3); hold[i] = F;
#ifdef GBANY
       runf[i] = myf
#endif
     }
  :: atomic { !MAYSTART(i) -> abf[i] = myf; goto reset }
  fi;
  do
  :: d_step { !g && hold[i]!=0 && lock==0 -> g = true;                   /* a guarded effect */
       if :: running && fence==myf -> assert(myf>=res || inv_S4); res = myf :: else fi }
  :: d_step { hold[i]!=0 -> hold[i] = 0 }                                /* the handler returns */
  :: atomic { hold[i]==0 && !lost[i] && lock==0 -> finish(myf); break }
#ifdef HANDOVER
#ifdef HEARLY
  :: atomic { stopping[i] && lock==0 -> handover(myf); break }
#else
  :: atomic { stopping[i] && hold[i]==0 && lock==0 -> handover(myf); break }
#endif
#endif
  :: lost[i] -> break                                                    /* aborted: nothing more is written */
  od;
reset:
  atomic { hold[i] = 0; exempt[i] = false; late[i] = false;
#ifdef GBANY
    runf[i] = 0;
#endif
    F = 0; K = 0; M = 0; A = 0; myf = 0; g = false; goto top }
}

/* ---- heartbeat, sweep, give-back, registration: all that an instance does beside ---- */

#ifdef M_LEASE
#define MARKS(j) (!dead[j])
#else
#ifdef ONESIGHT
#define MARKS(j) (!dead[j] && over[j])
#else
/* TIMING: at the second sighting the trust window and the grace of an obedient holder have passed */
#define MARKS(j) (!dead[j] && over[j] && sight[j] && CLEAR(j))
#endif
#endif
#ifdef LEAVEEARLY
#define ENDED(i) true
#else
#define ENDED(i) (hold[i]==0)
#endif

#ifdef GBANY
#define GIVESBACK(i) (fence!=runf[i])
#else
#define GIVESBACK(i) (fence==abf[i])
#endif

proctype beside(byte i) provided (!crashed[i] && !frozen[i]) {
end:
  do
  :: d_step { !dead[i] && over[i] && !lost[i] -> over[i] = false; sight[i] = false }                   /* a beat */
  :: d_step { !lost[i] && !stopping[i] && (dead[i] || (over[i] && sight[i])) -> lost[i] = true }       /* abort all */
  :: d_step { lost[i] && !dead[i] && !stopping[i] && ENDED(i) -> dead[i] = true }                      /* leave */
#ifdef EDGE
  :: atomic { i!=0 && MARKS(0) -> dead[0] = true; goto edge }
  :: atomic { i!=1 && MARKS(1) -> dead[1] = true; goto edge }
#else
  :: d_step { i!=0 && MARKS(0) -> dead[0] = true }
  :: d_step { i!=1 && MARKS(1) -> dead[1] = true }
#if NI==3
  :: d_step { i!=2 && MARKS(2) -> dead[2] = true }
#endif
  :: d_step { lock==0 && orphan -> freeorphan() }                        /* level-triggered */
#endif
  :: d_step { lock==0 && running && owner==ID(i) && !dead[i] && GIVESBACK(i) -> giveback(i) }
#if defined(DEFS) && !defined(NOKEEP)
  :: d_step { lock==0 && !lost[i] && (dead[0] || CFG(0)!=cfgrow) && (dead[1] || CFG(1)!=cfgrow) -> defrow = i; cfgrow = CFG(i) }
#endif
  od;
#ifdef EDGE
edge:
  if
  :: d_step { lock==0 && orphan -> freeorphan() }
  :: !orphan
  fi;
  goto end
#endif
}

/* ---- the world: time, faults, people ---- */

#define HOLDER (owner/EP)
#define STARTED (hold[HOLDER]!=0 || abf[HOLDER]==fence)
proctype world() {
end:
  do
  :: d_step { due<NF -> due++ }
#if CR>0
  :: d_step { ncr>0 -> ncr--; crashed[0] = true; over[0] = true; sight[0] = true; hold[0] = 0 }
#endif
#if FZ>0
  :: d_step { nfz>0 -> nfz--; frozen[1] = true }
  :: d_step { frozen[1] && !over[1] -> over[1] = true; sight[1] = true; exempt[1] = (hold[1]!=0) }
  :: d_step { frozen[1] -> frozen[1] = false }
#endif
#if PT>0
  :: d_step { npt>0 && !over[1] -> npt--; over[1] = true; sight[1] = true }
#endif
#if TL>0
  :: d_step { ntl>0 && running && !limit && LIVES(owner) && STARTED -> ntl--; limit = true }
#if ST>0
  :: d_step { ntl>0 && running && !limit && LIVES(owner) && !STARTED && frozen[HOLDER] -> ntl--; limit = true; late[HOLDER] = true }
#endif
#endif
#ifdef CLOCKSTEP
  :: d_step { !stepped -> stepped = true; over[0] = true; over[1] = true }
#endif
#ifdef TRIGGER
  :: d_step { ntg>0 && lock==0 && tg==0 && due>0 -> ntg--; tg = due }    /* in the same millisecond as a fire */
#endif
#ifdef HANDOVER
  :: d_step { !stopping[0] && !crashed[0] -> stopping[0] = true }
#endif
#ifdef DEFS
  :: d_step { !canary && lock==0 && ep[CANARY]==0 && !dead[CANARY] && !crashed[CANARY] -> canary = true; defrow = CANARY; cfgrow = CFG(CANARY) }
#endif
  od
}

init { atomic {
  run server(); run tick(0); run tick(1); run beside(0); run beside(1);
#if NI==3
  run tick(2); run beside(2);
#endif
  run world() } }

#define settled (due==NF && ntg==0 && ALLDECIDED && !running && rr==0 && q==0 && tg==0)
#ifdef LTL1
ltl l1 { <> settled }
#endif
#ifdef LTL2
ltl l2 { [] (orphan -> <> !orphan) }
#endif
